"""Takes the pictures of README.md from a running ACC: `python -m tests.tools.pictures LINK`.

LINK is a sign-in link (`manage.py signinlink`); a job should be training meanwhile.
"""

import argparse
import io
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.setup.needs import chromium_path

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = ViewportSize(width=1280, height=860)
FRAMES, FRAME_MS = 24, 500
GIF_WIDTH, GIF_COLOURS = 900, 96
GIF_BYTES = 2_000_000


def main() -> None:
    """Write the animated picture and the still ones into docs/pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.pictures", description=__doc__)
    parser.add_argument("link", help="a sign-in link of the running ACC")
    parser.add_argument("--experiment", default="digits", help="its slug (default: %(default)s)")
    asked = parser.parse_args()
    link = asked.link
    parts = urlsplit(link)
    site = f"{parts.scheme}://{parts.netloc}"
    PLACE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path())
        page = page_open(browser, link)
        page.goto(f"{site}/?experiment={asked.experiment}")
        page.wait_for_selector("#connection[data-state=live]")
        _animate(page)
        _still(page, "workbench")
        page.get_by_role("button", name="Switch between light and dark").click()
        _still(page, "workbench-dark")
        browser.close()
    for path in sorted(PLACE.iterdir()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def page_open(browser: Browser, link: str) -> Page:
    """Open a page and sign in, as somebody who has seen the tour."""
    context = browser.new_context(viewport=SIZE, color_scheme="light")
    # The tour has been seen: it would stand before what is to be shown.
    context.add_init_script("localStorage.setItem('acc-tour', 'seen')")
    page = context.new_page()
    page.goto(link)
    return page


def _animate(page: Page) -> None:
    frames = []
    for _ in range(FRAMES):
        frames.append(_frame(page.screenshot()))
        page.wait_for_timeout(FRAME_MS)
    target = PLACE / "training.gif"
    first, *others = frames
    first.save(
        target, save_all=True, append_images=others, duration=FRAME_MS, loop=0, optimize=True
    )
    if target.stat().st_size > GIF_BYTES:
        raise SystemExit(f"{target} is larger than {GIF_BYTES:,} bytes; take fewer frames")


def _frame(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    small = image.resize(
        (GIF_WIDTH, image.height * GIF_WIDTH // image.width), Image.Resampling.LANCZOS
    )
    return small.quantize(GIF_COLOURS, dither=Image.Dither.NONE)


def _still(page: Page, name: str) -> None:
    page.screenshot(path=PLACE / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()

"""The table of a system that was used for long."""

from typing import Any

from benchmarks.text_table import table

MB = 1e6


def soak_table(figures: dict[str, Any]) -> str:
    """Return how each role's memory went, and which grew."""
    first, last = figures["samples"][0], figures["samples"][-1]
    rows = []
    for role, trend in figures["trends"].items():
        usage, before = last["roles"].get(role, {}), first["roles"].get(role, {})
        rows.append(
            [
                role,
                f"{trend['median']:.0f}",
                f"{trend['highest']:.0f}",
                f"{trend['slope']:+.1f}",
                f"{trend['scatter']:.1f}",
                "grows" if trend["grows"] else "",
                f"{usage['rss_bytes'] / MB:.0f}" if usage else "",
                _change(before, usage, "descriptors"),
                _change(before, usage, "threads"),
            ]
        )
    header = ["", "MB, median", "highest", "MB an hour", "scatter", "", "RSS", "files", "threads"]
    title = (
        f"A system used for {figures['minutes']:g} minutes; memory (PSS) over the second half, "
        "descriptors and threads at the beginning and the end"
    )
    done, viewers = figures["done"], figures["viewers"]
    growing = [role for role, trend in figures["trends"].items() if trend["grows"]]
    disk = [sample["disk_bytes"] / MB for sample in (first, last)]
    return "\n".join(
        [
            table(title, header, rows),
            f"Done: {', '.join(f'{count} {kind}' for kind, count in done.items())};",
            f"{viewers['opened']} viewers came and received {viewers['received']:,} messages.",
            f"The home grew from {disk[0]:.0f} to {disk[1]:.0f} MB.",
            f"Growing: {', '.join(growing) or 'nothing'}.",
            f"Failed: {figures['failed'] or 'nothing'} {figures['said'] or ''}\n",
        ]
    )


def _change(before: dict[str, Any], after: dict[str, Any], what: str) -> str:
    return f"{before[what]}, {after[what]}" if before and after else ""

"""The curves of a recipe's branches, as the page of its run draws them."""

from dashboard.recipe_comparison import comparison_of
from dashboard.recipe_curves import HEIGHT, MARGIN, WIDTH, curve_rows
from tests.dashboard.recipe_runs import recipes_offer, run_begin, say
from tests.dashboard.rows import Scribe
from trainer.selectors.courses import Course, job_courses

LEFT, RIGHT, TOP, BOTTOM = MARGIN, WIDTH - MARGIN, MARGIN, HEIGHT - MARGIN


def told(branch, seed, *jobs):
    return {"branch": branch, "seed": seed, "metrics": {}, "jobs": list(jobs), "experiment": "e"}


def rows_of(reports, courses):
    comparison = comparison_of(reports, {})
    assert comparison is not None
    return curve_rows(comparison, courses)


def ends(line):
    """Return the first and the last point of a line."""
    points = [tuple(map(float, point.split(","))) for point in line.split()]
    return points[0], points[-1]


def test_the_jobs_of_a_branch_follow_each_other_and_branches_share_their_axes():
    courses = {
        1: Course(50, {"recon": [(0.0, 3.0), (50.0, 2.0)]}, {"recon": 4}),
        2: Course(50, {"recon": [(50.0, 1.0)], "kl": [(50.0, 7.0)]}, {"kl": 1}),
        3: Course(50, {"recon": [(50.0, 2.0)]}, {"recon": 4}),
    }
    recon, kl = rows_of([told("both", 0, 1, 2), told("alone", 0, 3)], courses)
    assert (recon.task, recon.colour, recon.steps) == ("recon", 4, 100)
    assert (recon.low_text, recon.high_text, recon.is_log) == ("1.000", "3.000", False)
    both, alone = recon.cells
    assert ends(both.lines[0]) == ((LEFT, TOP), (RIGHT, BOTTOM))
    assert ends(alone.lines[0])[1] == (WIDTH / 2, HEIGHT / 2)
    assert [len(cell.lines) for cell in kl.cells] == [1, 0]


def test_every_seed_has_a_line_and_a_seed_without_a_report_none():
    courses = {job: Course(9, {"recon": [(9.0, float(job))]}, {}) for job in (1, 2, 3)}
    reports = [told("a", 0, 1), told("a", 1, 2), told("b", 0, 3)]
    (row,) = rows_of(reports, courses)
    assert [len(cell.lines) for cell in row.cells] == [2, 1]


def test_losses_far_apart_are_on_a_logarithmic_scale():
    courses = {1: Course(9, {"recon": [(0.0, 100.0), (5.0, 10.0), (9.0, 1.0)]}, {})}
    (row,) = rows_of([told("a", 0, 1)], courses)
    assert row.is_log
    middle = row.cells[0].lines[0].split()[1]
    assert float(middle.split(",")[1]) == HEIGHT / 2


def test_a_loss_that_never_changes_and_a_job_that_is_gone_are_drawn_as_they_are():
    courses = {1: Course(9, {"recon": [(0.0, 0.0), (9.0, 0.0)]}, {})}
    (row,) = rows_of([told("a", 0, 1, 99)], courses)
    assert ends(row.cells[0].lines[0]) == ((LEFT, HEIGHT / 2), (RIGHT, HEIGHT / 2))


def test_a_course_has_the_mean_of_each_stretch_up_to_the_last_step(experiment):
    scribe = Scribe.start(experiment)
    scribe.write(400)
    course = job_courses([scribe.job.pk, 10_000])[scribe.job.pk]
    assert course.steps == 400
    steps = [step for step, _ in course.points["recon"]]
    assert (steps[-1], len(steps) <= 80, steps == sorted(steps)) == (400, True, True)
    first_step, first_mean = course.points["recon"][0]
    exact = [10 / (step + 9) for step in range(1, int(first_step) + 1)]
    assert abs(first_mean - sum(exact) / len(exact)) < 1e-6


def test_the_page_of_a_run_draws_the_curves_of_its_reported_jobs(browser_client, experiment):
    recipes_offer()
    scribe = Scribe.start(experiment)
    scribe.write(30)
    scribe.end()
    run = run_begin(experiment)
    result = {"jobs": [scribe.job.pk], "checkpoint": None, "experiment": experiment.slug}
    say(run, "report", result, branch="alone", seed=0, metrics={})
    page = browser_client.get(f"/recipes/run/{run.pk}/").content.decode()
    assert 'aria-label="Loss of recon, 1 seed"' in page
    assert page.count("<polyline points=") >= 3

"""Jobs side by side: what they ran with, what was changed meanwhile, and what they came to."""

import re

import pytest

from dashboard.templatetags.figures import NOTHING
from tests.dashboard.reading import words
from tests.dashboard.rows import Scribe, job_run
from trainer.models import EvalResult, EvalRun, Job
from trainer.services.cards import card_attach
from trainer.services.commands import command_applied
from trainer.services.sources import sources_of


def joining(job, name):
    """Return what asks a running job to take up one more task, for a worker to answer."""
    experiment = job.experiment
    _, command = card_attach(
        experiment=experiment,
        sources=sources_of([("tasks", "KLDivergenceTask")]),
        name=name,
        class_name="KLDivergenceTask",
        dataset=experiment.task_cards.get(name="kl").dataset,
        weight=0.5,
    )
    command.job = job
    return command


def test_configurations_stand_side_by_side_with_what_differs_marked(browser_client, experiment):
    first = job_run(experiment)
    experiment.task_cards.filter(name="kl").update(weight=0.5)
    second = job_run(experiment, steps=77)
    response = browser_client.get(f"/job/compare/?job={first.pk}&job={second.pk}")
    rows = re.findall(r'<tr class="differs">(.*?)</tr>', response.content.decode(), re.DOTALL)
    told = {" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows}
    assert told == {"steps differs 1000 77", "kl: weight at first differs 0.002 0.5"}
    assert browser_client.get(f"/job/compare/?job={first.pk}&job=99999").status_code == 404


def test_what_became_of_tasks_and_rates_while_jobs_ran_is_compared_too(browser_client, experiment):
    """Jobs that began alike are not said to be the same where somebody steered one of them."""
    first, second = job_run(experiment), Scribe.start(experiment)
    command = joining(second.job, "late")
    second.write(20)
    second.happen("set_weight", task="recon", old=1.0, new=2.0)
    second.happen("set_lr", lr=0.5, old_lr=second.job.lr)
    second.happen("set_weight", task="digit", old=0.25, new=0.25)  # nothing new
    second.write(5)
    second.happen("set_enabled", task="kl", old=True, new=False)
    second.happen("remove_task", task="recon")
    command_applied(command=command, step=25, detail={"task": "late"})
    second.end()
    response = browser_client.get(f"/job/compare/?job={first.pk}&job={second.job.pk}")
    rows = re.findall(r'<tr class="differs">(.*?)</tr>', response.content.decode(), re.DOTALL)
    told = {" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows}
    recon = "weight 1 → 2 at step 20, removed at step 25"
    assert told == {
        f"recon: while it ran differs {NOTHING} {recon}",
        f"kl: while it ran differs {NOTHING} disabled at step 25",
        f"late: class differs {NOTHING} KLDivergenceTask",
        f"late: dataset differs {NOTHING} digits",
        f"late: weight at first differs {NOTHING} 0.5",
        f"late: latent differs {NOTHING} whole",
        f"late: enabled at first differs {NOTHING} yes",
        f"late: while it ran differs {NOTHING} joined after step 25",
        "learning rate differs 0.001 0.001 → 0.5 at step 20",
    }
    shown = words(response)
    assert "Tasks 8 different" in shown
    assert "Model the same" in shown


@pytest.mark.parametrize("query", ["", "?job=x", "?job=" + "9" * 5000, "?job=1"])
def test_of_fewer_than_two_jobs_the_comparison_says_how_to_choose(
    browser_client, experiment, query
):
    job = job_run(experiment)
    response = browser_client.get("/job/compare/" + query.replace("1", str(job.pk)))
    assert response.status_code == 200
    assert "Tick two jobs or more in Recent jobs" in words(response)
    assert f"Job {job.pk}" not in words(response)


def results_of(client, *jobs):
    """Return the rows of the table of results: label and cells."""
    query = "&".join(f"job={job.pk}" for job in jobs)
    html = client.get(f"/job/compare/?{query}").content.decode()
    table = html.partition('aria-label="Results of the jobs"')[2].partition("</table>")[0]
    rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
    bare = [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows]
    return {label: cells for label, *cells in bare}


def judged(job, step, **values):
    run = EvalRun.objects.create(
        experiment=job.experiment, job=job, step=3000 + step, job_step=step
    )
    bounds = {"accuracy": (0.9, 0.5), "error": (0.1, 0.3), "norm": (None, None)}
    for metric, value in values.items():
        good, poor = bounds[metric]
        EvalResult.objects.create(
            run=run, task_name="digit", metric=metric, value=value, good=good, poor=poor
        )


def test_what_jobs_came_to_stands_side_by_side_with_the_best_of_each_metric(
    browser_client, experiment
):
    first, second = job_run(experiment), job_run(experiment, steps=40)
    Job.objects.filter(pk=second.pk).update(active_seconds=195.8)
    judged(first, 40, accuracy=0.97, error=0.25, norm=3.0)
    judged(first, 20, accuracy=0.2, error=0.9, norm=3.0)  # an earlier state, looked at later
    judged(second, 40, accuracy=0.8, error=0.05, norm=2.0)
    rows = results_of(browser_client, first, second)
    assert rows["state"] == ["completed", "completed"]
    assert rows["steps"] == ["40 of 1,000", "40 of 40"]
    assert rows["time spent training"][1] == "3 min 16 s"
    assert rows["evaluated at"] == ["step 40 (model step 3,040)"] * 2
    assert rows["digit: accuracy higher is better"] == ["0.9700 good best", "0.8000 moderate"]
    assert rows["digit: error lower is better"] == ["0.2500 moderate", "0.05000 good best"]
    assert rows["digit: norm"] == ["3.000", "2.000"]
    assert rows["recon: last loss"] == ["0.2041", "0.2041"]


def test_equal_values_have_no_best_one_and_what_was_not_measured_is_left_open(
    browser_client, experiment
):
    first, second, third = (job_run(experiment) for _ in range(3))
    judged(first, 40, accuracy=0.95)
    judged(second, 40, accuracy=0.95)
    rows = results_of(browser_client, first, second, third)
    label = "digit: accuracy higher is better"
    assert rows[label] == ["0.9500 good", "0.9500 good", NOTHING]
    assert rows["evaluated at"] == [*["step 40 (model step 3,040)"] * 2, NOTHING]
    judged(third, 40, accuracy=None)
    assert results_of(browser_client, second, third)[label][0] == "0.9500 good best"

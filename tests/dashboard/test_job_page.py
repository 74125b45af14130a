"""The page of one job: what ran, with which code, and what happened."""

import re
from html import unescape

import pytest

from dashboard.templatetags.figures import NOTHING
from tests.dashboard.reading import words
from tests.dashboard.rows import TASKS, Scribe, experiment_make
from tests.trainer.rows import offer_make
from trainer.models import Job
from trainer.services.cards import card_attach
from trainer.services.commands import command_applied
from trainer.services.registry import registry_store
from trainer.services.sources import sources_of

EVIL = "<img src=x onerror=alert(1)>"


def tasks_offer(**sources):
    """Put the tasks on offer, some of them from another text; return their hashes by class."""
    names = [class_name for _, class_name, _ in TASKS]
    offers = [
        offer_make(name, **({"source": sources[name]} if name in sources else {}))
        for name in names
        if sources.get(name, "") is not None
    ]
    registry_store(registry="tasks", offers=offers, errors=[])
    return {offer["class_name"]: offer["source_sha256"] for offer in offers}


def job_run(experiment, state=Job.State.COMPLETED, **end):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    scribe.end(state, **end)
    return scribe.job


@pytest.fixture
def page(browser_client):
    def ask(job):
        response = browser_client.get(f"/job/{job.pk}/")
        assert response.status_code == 200
        return response

    return ask


def test_a_job_is_shown_with_its_steps_its_experiment_and_its_events(page, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    scribe.happen("set_weight", task="kl", old=0.002, new=0.5)
    response = page(scribe.job)
    shown = words(response)
    assert f"Job {scribe.job.pk} running" in shown
    assert "10 of 1,000" in shown
    assert "step 10 weight of kl 0.002 → 0.5 ada" in shown
    assert "kl KLDivergenceTask digits 0.002 whole" in shown
    curves = f"/?experiment=digits&amp;job={scribe.job.pk}"
    assert f'href="{curves}"' in response.content.decode()


def test_a_job_shows_the_version_of_each_class_that_it_was_started_with(page, experiment):
    hashes = tasks_offer(KLDivergenceTask="beta = 1\n")
    job = job_run(experiment)
    tasks_offer(KLDivergenceTask="beta = 2\n")
    text = page(job).content.decode()
    assert len(hashes) == len(TASKS)
    for sha256 in hashes.values():
        assert f'href="/registry/source/{sha256}/"' in text


def test_a_class_that_changed_since_the_job_before_leads_to_the_difference(page, experiment):
    old = tasks_offer(KLDivergenceTask="beta = 1\n")["KLDivergenceTask"]
    first = job_run(experiment)
    new = tasks_offer(KLDivergenceTask="beta = 2\n")["KLDivergenceTask"]
    second = job_run(experiment)
    text = page(second).content.decode()
    assert text.count("changed since") == 1
    assert f'href="/registry/diff/{old}/{new}/">changed since job {first.pk}</a>' in text
    assert "newer version on offer" not in text
    older = page(first).content.decode()
    assert f'href="/registry/diff/{old}/{new}/">newer version on offer</a>' in older
    assert "changed since" not in older


def test_a_job_of_another_experiment_is_nothing_to_compare_with(page, experiment):
    tasks_offer(KLDivergenceTask="beta = 1\n")
    job_run(experiment)
    other = experiment_make("other", is_active=False)
    tasks_offer(KLDivergenceTask="beta = 2\n")
    assert "changed since" not in words(page(job_run(other)))


def test_a_class_that_is_gone_is_said_to_be_so(page, experiment):
    job = job_run(experiment)
    tasks_offer(KLDivergenceTask=None)
    assert words(page(job)).count("no longer on offer") == 1


def test_a_task_that_joined_is_shown_with_its_step_and_its_version(page, experiment):
    old = tasks_offer(KLDivergenceTask="beta = 1\n")["KLDivergenceTask"]
    scribe = Scribe.start(experiment)
    new = tasks_offer(KLDivergenceTask="beta = 2\n")["KLDivergenceTask"]
    _, command = card_attach(
        experiment=experiment,
        sources=sources_of([("tasks", "KLDivergenceTask")]),
        name="late",
        class_name="KLDivergenceTask",
        dataset=experiment.task_cards.get(name="kl").dataset,
        weight=0.5,
    )
    assert command is not None
    command.job = scribe.job
    assert "late KLDivergenceTask" not in words(page(scribe.job))
    command_applied(command=command, step=1234, detail={"task": "late"})
    response = page(scribe.job)
    assert "late joined after step 1,234 KLDivergenceTask digits 0.5" in words(response)
    for sha256 in (old, new):
        assert f'href="/registry/source/{sha256}/"' in response.content.decode()


def test_each_task_says_what_became_of_it_while_the_job_ran(page, experiment):
    scribe = Scribe.start(experiment)
    scribe.write(10)
    scribe.happen("set_weight", task="recon", old=1.0, new=2.0)
    scribe.happen("set_enabled", task="kl", old=True, new=False)
    scribe.write(10)
    scribe.happen("remove_task", task="recon")
    shown = words(page(scribe.job))
    recon = f"whole {NOTHING} weight 1 → 2 at step 10 removed at step 20"
    assert f"recon ReconstructionTask digits 1 {recon}" in shown
    assert f"kl KLDivergenceTask digits 0.002 whole {NOTHING} disabled at step 10" in shown
    assert f"digit ClassificationTask digits 0.25 whole {NOTHING} {NOTHING} " in shown


@pytest.mark.parametrize("sources", [None, {"KLDivergenceTask": "abc"}, [], ["abc"], [{"file": 1}]])
def test_an_old_job_that_recorded_no_versions_says_so(sources, page, experiment):
    old = job_run(experiment)
    plan = {key: value for key, value in old.plan.items() if key != "sources"}
    if sources is not None:
        plan["sources"] = sources
    Job.objects.filter(pk=old.pk).update(plan=plan)
    assert "Not recorded" in words(page(old))
    assert "changed since" not in words(page(job_run(experiment)))


def test_a_job_without_any_plan_is_shown_all_the_same(page, experiment):
    job = job_run(experiment)
    Job.objects.filter(pk=job.pk).update(plan={})
    assert words(page(job)).count("Not recorded") == 2


def test_a_failed_job_tells_its_error_and_holds_its_traceback_behind_a_fold(page, experiment):
    job = job_run(experiment, Job.State.FAILED, error="kl: out of range", traceback="line 7, in f")
    text = page(job).content.decode()
    assert "kl: out of range" in text
    fold = re.search(r'<details id="job-traceback".*?</details>', text, re.DOTALL)
    assert fold
    assert "line 7, in f" in fold[0]


def test_markup_in_a_job_stays_text(page):
    experiment = experiment_make("evil", name=EVIL)
    registry_store(
        registry="tasks",
        offers=[offer_make(name, file=f"/{EVIL}.py") for _, name, _ in TASKS],
        errors=[],
    )
    scribe = Scribe.start(experiment)
    scribe.happen("refused", reason=EVIL)
    scribe.end(Job.State.FAILED, error=EVIL, traceback=EVIL)
    Job.objects.filter(pk=scribe.job.pk).update(device=EVIL, created_by=EVIL)
    text = page(scribe.job).content.decode()
    assert EVIL not in text
    assert unescape(text).count(EVIL) >= 7


@pytest.mark.parametrize("path", ["/job/99/", f"/job/{'9' * 40}/", "/partials/job/99/"])
def test_a_job_that_is_not_there_is_a_page_that_says_so(path, browser_client, experiment):
    response = browser_client.get(path)
    assert response.status_code == 404
    assert "There is no job 9" in response.content.decode()


def test_the_page_stands_beside_the_api_and_not_in_its_way(browser_client, experiment):
    job = job_run(experiment)
    assert browser_client.get(f"/jobs/{job.pk}").json()["id"] == job.pk
    assert f'href="/job/{job.pk}/"' in browser_client.get("/").content.decode()


def test_nobody_sees_a_job_without_signing_in(client, experiment):
    job = job_run(experiment)
    assert client.get(f"/job/{job.pk}/").url.startswith("/sign-in/")


def test_a_partial_says_the_same_as_its_page(browser_client, page, experiment):
    job = job_run(experiment)
    panel = browser_client.get(f"/partials/job/{job.pk}/").content.decode()
    assert panel.strip() in page(job).content.decode()

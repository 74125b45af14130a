"""The addresses of the pages and their partials."""

from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from dashboard.views import evals, job, partials, registry, sign_in, tasks, train, workbench

app_name = "dashboard"

urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("partials/run/", partials.partial_run, name="partial_run"),
    path("partials/run/stop/", train.partial_train_stop, name="partial_train_stop"),
    path("partials/run/pause/", train.partial_train_pause, name="partial_train_pause"),
    path("partials/run/resume/", train.partial_train_resume, name="partial_train_resume"),
    path("partials/train/start/", train.partial_train_start, name="partial_train_start"),
    path("partials/loss_curves/", partials.partial_loss_curves, name="partial_loss_curves"),
    path("partials/eval/", evals.partial_eval, name="partial_eval"),
    path("partials/eval/run/", evals.partial_eval_run, name="partial_eval_run"),
    path(
        "partials/recon_comparison/",
        evals.partial_recon_comparison,
        name="partial_recon_comparison",
    ),
    path(
        "partials/recon_comparison/refresh/",
        evals.partial_recon_refresh,
        name="partial_recon_refresh",
    ),
    path("picture/<str:name>", evals.picture, name="picture"),
    path("partials/jobs/", partials.partial_jobs, name="partial_jobs"),
    path("partials/tasks/", partials.partial_tasks, name="partial_tasks"),
    path("partials/task_add/", tasks.partial_task_add, name="partial_task_add"),
    path("partials/awaited/", partials.partial_awaited, name="partial_awaited"),
    path("registry/", registry.registry, name="registry"),
    path("registry/source/<str:sha256>/", registry.source, name="source"),
    path("registry/diff/<str:old>/<str:new>/", registry.diff, name="diff"),
    path(
        "partials/registry/classes/",
        registry.partial_registry_classes,
        name="partial_registry_classes",
    ),
    path(
        "partials/registry/errors/",
        registry.partial_registry_errors,
        name="partial_registry_errors",
    ),
    path(
        "partials/registry/badge/", registry.partial_registry_badge, name="partial_registry_badge"
    ),
    path("job/<int:job_id>/", job.job, name="job"),
    path("partials/job/<int:job_id>/", job.partial_job, name="partial_job"),
    # Browsers ask for it on pages that name no icon of their own, such as the admin's.
    path("favicon.ico", RedirectView.as_view(url=static("dashboard/favicon.svg"))),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/link/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
]

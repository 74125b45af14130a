"""The addresses of the pages and their partials."""

from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from dashboard.views import (
    access,
    cards,
    checkpoints,
    data,
    device,
    evals,
    experiments,
    job,
    jobs,
    latent,
    recipes,
    refreshed,
    registry,
    sign_in,
    tasks,
    train,
    workbench,
)

app_name = "dashboard"

urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("partials/run/", refreshed.partial_run, name="partial_run"),
    path("partials/run/stop/", train.partial_train_stop, name="partial_train_stop"),
    path("partials/run/pause/", train.partial_train_pause, name="partial_train_pause"),
    path("partials/run/resume/", train.partial_train_resume, name="partial_train_resume"),
    path("partials/train/start/", train.partial_train_start, name="partial_train_start"),
    path("partials/loss_curves/", refreshed.partial_loss_curves, name="partial_loss_curves"),
    path("partials/events/", refreshed.partial_events, name="partial_events"),
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
    path("partials/eval/every/", evals.partial_eval_every, name="partial_eval_every"),
    path("picture/<str:name>", evals.picture, name="picture"),
    path("partials/jobs/", jobs.partial_jobs, name="partial_jobs"),
    path("partials/jobs/<int:job_id>/", jobs.partial_job_item, name="partial_job_item"),
    path("partials/tasks/", refreshed.partial_tasks, name="partial_tasks"),
    path(
        "partials/cards/<int:card_id>/weight/",
        cards.partial_card_weight,
        name="partial_card_weight",
    ),
    path(
        "partials/cards/<int:card_id>/toggle/",
        cards.partial_card_toggle,
        name="partial_card_toggle",
    ),
    path(
        "partials/cards/<int:card_id>/remove/",
        cards.partial_card_remove,
        name="partial_card_remove",
    ),
    path(
        "partials/cards/<int:card_id>/duplicate/",
        cards.partial_card_duplicate,
        name="partial_card_duplicate",
    ),
    path("partials/cards/restore/", cards.partial_card_restore, name="partial_card_restore"),
    path(
        "partials/cards/<int:card_id>/detail/",
        cards.partial_task_detail,
        name="partial_task_detail",
    ),
    path("partials/task_add/", tasks.partial_task_add, name="partial_task_add"),
    path("partials/warnings/", refreshed.partial_warnings, name="partial_warnings"),
    path("partials/awaited/", refreshed.partial_awaited, name="partial_awaited"),
    path("partials/device/", device.partial_device, name="partial_device"),
    path("experiments/", experiments.experiments, name="experiments"),
    path("experiments/new/", experiments.experiment_form, name="experiment_new"),
    path(
        "partials/experiments/new/",
        experiments.partial_experiment_new,
        name="partial_experiment_new",
    ),
    path(
        "partials/experiments/<slug:slug>/rename/",
        experiments.partial_experiment_rename,
        name="partial_experiment_rename",
    ),
    path(
        "partials/experiments/<slug:slug>/archive/",
        experiments.partial_experiment_archive,
        name="partial_experiment_archive",
    ),
    path(
        "partials/experiments/<slug:slug>/bring_back/",
        experiments.partial_experiment_bring_back,
        name="partial_experiment_bring_back",
    ),
    path(
        "partials/experiments/<slug:slug>/activate/",
        experiments.partial_experiment_activate,
        name="partial_experiment_activate",
    ),
    path("checkpoints/", checkpoints.checkpoints, name="checkpoints"),
    path("checkpoints/compare/", checkpoints.checkpoint_compare, name="checkpoint_compare"),
    path(
        "partials/checkpoints/tree/",
        checkpoints.partial_checkpoint_tree,
        name="partial_checkpoint_tree",
    ),
    path("partials/checkpoints/one/", checkpoints.partial_checkpoint, name="partial_checkpoint"),
    path(
        "partials/checkpoints/keep/",
        checkpoints.partial_checkpoint_keep,
        name="partial_checkpoint_keep",
    ),
    path(
        "partials/checkpoints/save/",
        checkpoints.partial_checkpoint_save,
        name="partial_checkpoint_save",
    ),
    path(
        "partials/checkpoints/compare/",
        checkpoints.partial_checkpoint_compare,
        name="partial_checkpoint_compare",
    ),
    path(
        "partials/checkpoints/<int:checkpoint_id>/<str:verb>/",
        checkpoints.partial_checkpoint_do,
        name="partial_checkpoint_do",
    ),
    path("latent/", latent.latent, name="latent"),
    path("partials/latent/", latent.partial_latent, name="partial_latent"),
    path("partials/latent/look/", latent.partial_latent_look, name="partial_latent_look"),
    path("data/", data.data, name="data"),
    path("partials/data/", data.partial_data, name="partial_data"),
    path("partials/data/add/<str:kind>/", data.partial_data_add, name="partial_data_add"),
    path("partials/data/delete/<str:name>/", data.partial_data_delete, name="partial_data_delete"),
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
    path("recipes/", recipes.recipes, name="recipes"),
    path("recipes/run/<int:run_id>/", recipes.recipe_run, name="recipe_run"),
    path("partials/recipe_runs/", recipes.partial_recipe_runs, name="partial_recipe_runs"),
    path(
        "partials/recipe_run/<int:run_id>/", recipes.partial_recipe_run, name="partial_recipe_run"
    ),
    path(
        "partials/recipe_start/<str:class_name>/",
        recipes.partial_recipe_start,
        name="partial_recipe_start",
    ),
    path(
        "partials/recipe_stop/<int:run_id>/",
        recipes.partial_recipe_stop,
        name="partial_recipe_stop",
    ),
    path("job/<int:job_id>/", job.job, name="job"),
    path("job/<int:job_id>/events.csv", job.job_events_csv, name="job_events_csv"),
    path("partials/job/<int:job_id>/", job.partial_job, name="partial_job"),
    path("partials/job/<int:job_id>/star/", jobs.partial_job_star, name="partial_job_star"),
    path(
        "partials/job/<int:job_id>/describe/",
        jobs.partial_job_describe,
        name="partial_job_describe",
    ),
    path("partials/job/<int:job_id>/repeat/", jobs.partial_job_repeat, name="partial_job_repeat"),
    path(
        "partials/job/<int:job_id>/continue/",
        jobs.partial_job_continue,
        name="partial_job_continue",
    ),
    path("job/compare/", jobs.compare, name="jobs_compare"),
    path("access/", access.access, name="access"),
    path("partials/access/token/", access.partial_token_make, name="partial_token_make"),
    path(
        "partials/access/token/<int:token_id>/revoke/",
        access.partial_token_revoke,
        name="partial_token_revoke",
    ),
    path("partials/access/password/", access.partial_password, name="partial_password"),
    path(
        "partials/access/elsewhere/",
        access.partial_sign_out_elsewhere,
        name="partial_sign_out_elsewhere",
    ),
    # Browsers ask for it on pages that name no icon of their own, such as the admin's.
    path("favicon.ico", RedirectView.as_view(url=static("dashboard/favicon.svg"))),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/link/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
]

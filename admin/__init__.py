"""The staff door: every page of the admin, in one table that reads from top to bottom."""

from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from admin import (
    dashboard,
    group_life,
    groups,
    language,
    members,
    pages,
    pickers,
    session,
    tip_work,
    tips,
)
from admin.guard import Endpoint, guarded, open_to_all

STATIC = Path(__file__).parent / "static"


def routes() -> list[BaseRoute]:
    """The pages below /admin. Every one but the first few wants somebody who has signed in."""
    return [
        Mount("/admin/static", StaticFiles(directory=STATIC), name="admin-static"),
        Route("/admin/sign-in", open_to_all(session.form), methods=["GET"]),
        Route("/admin/sign-in", open_to_all(session.sign_in), methods=["POST"]),
        Route("/admin/language", open_to_all(language.choose), methods=["POST"]),
        *_page("/admin/sign-out", do=session.sign_out),
        *_page("/admin", show=dashboard.show),
        # Tips: the inbox, one tip, and what is done with it.
        *_page("/admin/tips", show=tips.index, do=tips.create),
        *_page("/admin/tips/new", show=tips.new),
        *_page("/admin/tips/{id:uuid}", show=tips.show, do=tips.update),
        *_page("/admin/tips/{id:uuid}/edit", show=tips.edit),
        *_page("/admin/tips/{id:uuid}/verification", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/action", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/assignment", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/note", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/rejection", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/reopening", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/duplicate", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/extension", show=tip_work.ask, do=tip_work.do),
        *_page("/admin/tips/{id:uuid}/closure", show=tip_work.ask_outcomes, do=tip_work.close),
        # Groups, their life, and who is in them.
        *_page("/admin/groups", show=groups.index, do=groups.create),
        *_page("/admin/groups/new", show=groups.new),
        *_page("/admin/groups/choices", show=pickers.group_choices),
        *_page("/admin/groups/{id:uuid}", show=groups.show, do=groups.update),
        *_page("/admin/groups/{id:uuid}/edit", show=groups.edit),
        *_page("/admin/groups/{id:uuid}/pause", show=group_life.ask, do=group_life.do),
        *_page("/admin/groups/{id:uuid}/resumption", show=group_life.ask, do=group_life.do),
        *_page("/admin/groups/{id:uuid}/dissolution", show=group_life.ask, do=group_life.do),
        *_page("/admin/groups/{id:uuid}/merger", show=group_life.ask, do=group_life.do),
        *_page("/admin/groups/{id:uuid}/removal", show=group_life.ask, do=group_life.do),
        *_page("/admin/groups/{id:uuid}/restoration", do=group_life.restore),
        *_page("/admin/groups/{id:uuid}/members", show=members.index, do=members.join),
        *_page("/admin/members/{id:uuid}/leaving", show=members.ask, do=members.do),
        *_page("/admin/members/{id:uuid}/role", show=members.ask, do=members.do),
        *_page("/admin/areas/choices", show=pickers.area_choices),
        Route("/admin/{rest:path}", guarded(pages.missing), methods=["GET", "POST"]),
    ]


def _page(path: str, *, show: Endpoint | None = None, do: Endpoint | None = None) -> list[Route]:
    """What GET shows and what POST does at `path`, both behind the guard."""
    shown = [Route(path, guarded(show), methods=["GET"])] if show else []
    return shown + ([Route(path, guarded(do), methods=["POST"])] if do else [])

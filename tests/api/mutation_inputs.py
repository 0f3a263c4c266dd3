"""Every mutation with an input that is taken, for tests of what all of them share."""

from typing import Any
from uuid import uuid4

from api.reads.node import global_id
from records.metrics.catalogue import indicator_id
from records.tables import Activity, Enquiry, Figure, Tip, TipEvent, TipOutcome
from records.tables.tips import TipStatus
from tests.api.support import PHU_HUU, add_enquiry, add_group, add_office, add_tip

ASKED = {
    "submitTip": "recordId code tip { id code title version updatedAt area { code } }",
    "addTipNote": "recordId tip { id code version updatedAt }",
    "reportTipOutcome": "recordId tip { id version outcomes { kind count onDay } }",
    "recordActivity": "recordId activity { id kind heldOn attendance group { code } version }",
    "answerEnquiry": "recordId",
    "reportFigure": "recordId figure { id value qualifier indicator { code } version }",
}
# What each adds a row of, or answers.
ADDED = {
    "submitTip": Tip,
    "addTipNote": TipEvent,
    "reportTipOutcome": TipOutcome,
    "recordActivity": Activity,
    "answerEnquiry": Enquiry,
    "reportFigure": Figure,
}
# A field that takes a text, to ask for something else.
TEXT = {
    "submitTip": "title",
    "addTipNote": "note",
    "reportTipOutcome": "note",
    "recordActivity": "minutes",
    "answerEnquiry": "answer",
    "reportFigure": "sourceText",
}


def document(mutation: str, asked: str | None = None) -> str:
    """A request of one mutation, whose input is the variable `input`."""
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
    shown = ASKED[mutation] if asked is None else asked
    return f"""mutation($input: {type_}!) {{ {mutation}(input: $input) {{
      {shown} problems {{ field code message }} }} }}"""


async def right_input(mutation: str, *, area: str = PHU_HUU) -> dict[str, Any]:
    """An input that is taken, with the records in `area` that it names."""
    match mutation:
        case "submitTip":
            return {"title": "Người lạ mặt ở đầu khóm", "category": "STRANGERS", "area": area}
        case "addTipNote":
            tip = await add_tip(f"TB-{uuid4().hex[:8]}", area=area)
            return {"tipId": global_id("Tip")(tip.id), "note": "Người dân gọi lại"}
        case "reportTipOutcome":
            tip = await add_tip(f"TB-{uuid4().hex[:8]}", area=area, status=TipStatus.VERIFYING)
            return {"tipId": global_id("Tip")(tip.id), "version": 1, "kind": "FINE", "note": "Phạt"}
        case "recordActivity":
            group = await add_group("Tổ 1", area=area)
            held = {"kind": "QUARTERLY_MEETING", "heldOn": "2025-09-01", "attendance": 30}
            return held | {"groupId": global_id("Group")(group.id), "minutes": "Họp quý III"}
        case "answerEnquiry":
            asked = await add_enquiry("Đăng ký tạm trú ở đâu?", area=area)
            return {"enquiryId": global_id("OpenEnquiry")(asked.id), "version": 1, "answer": "Tại phường"}
        case "reportFigure":
            old = await add_figure(area=area)
            return figure_input(area, global_id("Organisation")(old.organisation_id)) | {
                "supersedes": global_id("Figure")(old.id)
            }
    raise KeyError(mutation)


def figure_input(area: str, organisation_id: str) -> dict[str, Any]:
    """A figure that is taken."""
    given = {"indicator": "reported.tips", "area": area, "organisationId": organisation_id, "value": 71}
    given |= {"period": "Năm 2025", "sourceText": "71 tin", "sourceName": "Báo cáo mẫu"}
    return given


async def add_figure(*, area: str = PHU_HUU) -> Figure:
    """A figure, stored without ceremony."""
    office = await add_office(f"Đơn vị {uuid4().hex[:8]}", area=area)
    return await Figure.create(
        indicator_id=indicator_id("reported.tips"),
        area_id=office.area_id,
        organisation_id=office.id,
        value=70,
        period_text="Năm 2025",
        source_text="70 tin",
        source_name="Báo cáo mẫu",
    )

from uuid import UUID

from records.metrics import catalogue, cells
from records.metrics.catalogue import CATEGORIES, INDICATORS, category_id, indicator_id
from records.tables import Indicator, TipCategory
from records.tables.metrics import IndicatorKind, IndicatorSource


def test_catalogue_codes_are_unique() -> None:
    for codes in ([entry.code for entry in INDICATORS], [code for code, *_ in CATEGORIES]):
        assert len(set(codes)) == len(codes)


def test_catalogue_has_names_in_both_languages() -> None:
    for entry in INDICATORS:
        assert all((entry.name_vi, entry.name_en, *entry.unit)), entry.code
    assert all(name_vi and name_en for _, name_vi, name_en, _ in CATEGORIES)


def test_ratio_indicator_divides_two_flows_of_records() -> None:
    known = {entry.code: entry for entry in INDICATORS}
    for entry in INDICATORS:
        ratio = entry.kind is IndicatorKind.RATIO and entry.source is IndicatorSource.RECORDS
        assert (entry.numerator is not None, entry.denominator is not None) == (ratio, ratio)
        for part in (entry.numerator, entry.denominator):
            if part is not None:
                assert (known[part].kind, known[part].source) == (IndicatorKind.FLOW, IndicatorSource.RECORDS)


def test_counted_indicators_are_counted_in_rebuild() -> None:
    for entry in INDICATORS:
        counted = entry.source is IndicatorSource.RECORDS and entry.kind is not IndicatorKind.RATIO
        assert (str(indicator_id(entry.code)) in cells._FROM_ROWS) is counted, entry.code


def test_catalogue_ids_are_stable() -> None:
    # Stored in records and exchanged with others: they may never change.
    assert indicator_id("tips.received") == UUID("13b55061-66c3-574c-966c-b1d92ccf922b")
    assert category_id("THEFT") == UUID("e75420b9-2e69-559d-88c1-238b8d899832")


async def test_catalogue_is_loaded_in_its_order(database: str) -> None:
    indicators = await Indicator.all().order_by("position")
    assert [(row.id, row.code, row.sensitive) for row in indicators] == [
        (indicator_id(entry.code), entry.code, entry.sensitive) for entry in INDICATORS
    ]
    categories = await TipCategory.all().order_by("position")
    assert [(row.id, row.code, row.name_vi, row.sensitive) for row in categories] == [
        (category_id(code), code, name_vi, sensitive) for code, name_vi, _, sensitive in CATEGORIES
    ]


async def test_catalogue_load_keeps_changes_when_repeated(database: str) -> None:
    name = "Tên do người dùng đặt"
    row = await TipCategory.get(code="OTHER")
    await TipCategory.filter(id=row.id).update(name_vi=name)
    try:
        await catalogue.load()
        assert (await TipCategory.get(id=row.id)).name_vi == name
        assert await TipCategory.all().count() == len(CATEGORIES)
        assert await Indicator.all().count() == len(INDICATORS)
    finally:
        await TipCategory.filter(id=row.id).update(name_vi=row.name_vi)

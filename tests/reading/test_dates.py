"""Dates in all their forms."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterer.reading.dates import parse_date

MOMENT = datetime(2021, 7, 1, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2021-07-01T08:01:00Z",
        "2021-07-01T08:01Z",
        "2021-07-01 08:01:00",
        "2021-07-01T10:01:00+02:00",
        "2021-07-01T10:01:00+0200",
        "2021-07-01 10:01:00 +0200",
        "2021-07-01T08:01:00.000Z",
        "2021-07-01T08:01:00.000000000Z",
        "2021-07-01 08:01:00 UTC",
        "2021/07/01 08:01:00",
        " 2021-07-01T08:01:00 ",
        "20210701T080100Z",
        "Thu, 01 Jul 2021 08:01:00 GMT",
        "Thu, 01 Jul 2021 04:01:00 -0400",
        "1 Jul 2021 08:01:00 +0000",
        1625126460,
        1625126460.0,
        "1625126460",
        1625126460000,
        "1625126460000",
        1625126460000000,
        1625126460000000000,
        datetime(2021, 7, 1, 8, 1),
        datetime(2021, 7, 1, 10, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_one_moment_in_many_forms(value: object) -> None:
    assert parse_date(value) == MOMENT
    assert parse_date(value).tzinfo is UTC


@pytest.mark.parametrize("value", ["2021-07-01", "20210701", 20210701, date(2021, 7, 1), "2021/07/01"])
def test_days(value: object) -> None:
    assert parse_date(value) == datetime(2021, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2021-13-01",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "1750-01-01",
        "2201-01-01",
        0,
        2021,
        -1,
        True,
        None,
        float("nan"),
        float("inf"),
        10**30,
        [],
        {},
        "9" * 5000,
        "Thu, 99 Foo 2021",
        "٢٠٢١-٠٧-٠١",
    ],
)
def test_what_names_no_moment(value: object) -> None:
    assert parse_date(value) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.text(st.sampled_from("0123456789-:TZ+. /"))))
def test_nothing_raises_and_every_result_is_in_utc(value: object) -> None:
    moment = parse_date(value)
    assert moment is None or (moment.tzinfo is UTC and 1900 <= moment.year <= 2100)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 12, 31)))
def test_iso_forms_come_back(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment.replace(tzinfo=UTC)

"""The values every room builds on: days in Shanghai, periods, identity numbers, sealed text."""

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, crypto, idnumber
from core.crypto import Unreadable
from core.fields import Sealed
from core.periods import Month, Quarter, Year
from core.sealed_files import CHUNK, SealedWriter, opened

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))


def test_just_after_midnight_on_the_first_it_is_already_the_new_month_in_shanghai():
    with clock.stopped_at("2026-10-31T16:30:00+00:00"):
        assert clock.today() == dt.date(2026, 11, 1)


@given(DAYS)
@pytest.mark.parametrize("kind", [Month, Quarter, Year])
def test_a_period_contains_its_days_and_meets_its_neighbours(kind, day):
    period = kind.of(day)
    assert day in period
    assert period.next.first == period.last + dt.timedelta(days=1)
    assert period.next.previous == period == kind.parse(str(period))
    assert period.first.day == 1


@pytest.mark.parametrize("text", ["2026-13", "2026-0", "2026-1", "十月", "2026Q5", "", "2026-10-01"])
def test_what_is_no_period_is_refused(text):
    for kind in (Month, Quarter):
        with pytest.raises(ValueError, match="not a"):
            kind.parse(text)


def test_periods_read_as_the_office_writes_them():
    assert Month.parse("2026-10").title == "2026年10月"
    assert Quarter.parse("2026Q4").title == "2026年第四季度"
    assert [str(month) for month in Month.parse("2026-11").until(Month.parse("2027-01"))] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]


def with_check(first17):
    return first17 + idnumber.check_digit(first17)


def test_a_good_number_has_no_fault_and_tells_birth_and_sex():
    number = with_check("34990119690806002")
    assert idnumber.faults(number, today=dt.date(2026, 11, 23)) == []
    assert idnumber.birth_date(number) == dt.date(1969, 8, 6)
    assert idnumber.sex(number) == "F"
    assert idnumber.faults(with_check("81000019690806001"), today=dt.date(2026, 11, 23)) == []


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(place, shift):
    good = with_check("34990119690806002")
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert idnumber.faults(wrong, today=dt.date(2026, 11, 23))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("3499011969080600", "身份证号少 2 位，应是 18 位"),
        ("34990119690806002X1", "身份证号多 1 位，应是 18 位"),
        ("34990119690806O02X", "身份证号里有不该有的字"),
        (with_check("34990119691306002"), "第 7 到 14 位不是一个日期"),
        (with_check("34990120691206002"), "出生日期还没到"),
    ],
)
def test_what_is_wrong_with_a_number_is_said_in_words(number, said):
    assert any(said in fault for fault in idnumber.faults(number, today=dt.date(2026, 11, 23)))


def test_a_mask_shows_neither_birthday_nor_last_digits():
    assert idnumber.mask("349901196908060020") == "349901************"
    assert idnumber.mask_phone("19900000001") == "199****0001"


@pytest.mark.parametrize(
    "text", ["199-0000-8761", "+86 19900008761", "１９９００００８７６１", " 19900008761 "]
)
def test_phones_are_read_however_they_are_written(text):
    assert idnumber.clean_phone(text) == "19900008761"
    assert idnumber.phone_fault("19900008761") == ""


def test_a_phone_of_ten_digits_is_told_how_many_are_missing():
    assert idnumber.phone_fault("1990000876") == "手机号少 1 位，应是 11 位"


@given(st.text(max_size=60))
def test_sealed_text_opens_only_in_its_own_column(text):
    token = crypto.encrypt(text, context="person.id_number")
    assert crypto.decrypt(token, context="person.id_number") == text
    with pytest.raises(Unreadable):
        crypto.decrypt(token, context="phone")


def test_a_sealed_value_prints_as_stars():
    sealed = Sealed.of("349901196908060020", "person.id_number")
    assert "3499" not in f"{sealed} {sealed!r}"
    assert sealed.open() == "349901196908060020"


def test_the_search_hash_depends_on_its_purpose():
    assert crypto.blind_index("1", purpose="phone") != crypto.blind_index("1", purpose="id_number")


def test_old_values_still_open_after_a_new_key_is_put_first(settings):
    token = crypto.encrypt("一", context="x")
    settings.FIELD_KEYS = {"new": b"n" * 32, **settings.FIELD_KEYS}
    assert crypto.decrypt(token, context="x") == "一"
    assert crypto.encrypt("一", context="x").startswith("new.")


def sealed_bytes(data):
    out = io.BytesIO()
    with SealedWriter(out, "test") as writer:
        writer.write(data)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_sealed_file_opens_whole(size):
    data = bytes(range(256)) * (size // 256 + 1)
    assert b"".join(opened(io.BytesIO(sealed_bytes(data[:size])), "test")) == data[:size]


@pytest.mark.parametrize("cut", [1, 20, CHUNK // 2, CHUNK + 40])
def test_a_torn_sealed_file_does_not_open(cut):
    torn = sealed_bytes(b"x" * 2 * CHUNK)[:-cut]
    with pytest.raises(Unreadable):
        list(opened(io.BytesIO(torn), "test"))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2028-02-29", -12, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_month_without_it(day, months, later):
    assert clock.months_later(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(later)


def test_somebody_is_a_year_older_on_the_birthday_and_not_the_day_before():
    born = dt.date(2010, 11, 30)
    assert clock.years_between(born, dt.date(2026, 11, 29)) == 15
    assert clock.years_between(born, dt.date(2026, 11, 30)) == 16

"""Five thousand records in one outbox, and bad ones among good ones: each once, each its sentence, the rest goes on."""

import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import expect

from core import clock
from tests.browser.offline import Hold, Phone
from tests.people import Town
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANY = 5000
WATCHED = 300  # of them: enough to see each sent once, and what it costs
OUTBOX = "/static/js/phone/outbox.js"
TAKEN = "00000000-0000-4000-8000-00000000aaaa"

# A server that answers at once, so that only the phone's own work is watched; the second record it refuses.
SERVER = """() => {
    window.told = {sent: 0, numbers: 0, reads: 0, drawn: 0, began: performance.now()};
    const ask = window.fetch, numbers = new Set();
    window.fetch = (path, request) => {
        if (!request || request.method !== 'PUT') return ask(path, request);
        told.sent += 1;
        told.numbers = numbers.add(String(path)).size;
        const bad = String(path).includes('000000000002');
        const taken = {number: `ZF-261123-${told.sent}`, outcome: "accepted"};
        const found = bad ? {errors: {day: ["这一天还没到。"]}} : taken;
        return Promise.resolve(new Response(JSON.stringify(found), {status: bad ? 422 : 201}));
    };
    const all = IDBObjectStore.prototype.getAll;
    IDBObjectStore.prototype.getAll = function (...given) {
        if (this.name === 'outbox') told.reads += 1;
        return all.apply(this, given);
    };
    new MutationObserver(() => { told.drawn = Math.max(told.drawn, document.querySelectorAll('.rows .item').length); })
        .observe(document.body, {childList: true, subtree: true});
}"""

# What a broken or hostile page might put into the outbox, with a good record behind it.
BAD = """async ([outbox, home, taken]) => {
    const {add} = await import(outbox);
    const door = {household: home, manner: 'door', met: true};
    const put = (uuid, name, content) =>
        add(uuid, {household: home, name, short: '无事', values: {}, photo: '', content: {...door, ...content}});
    await put(crypto.randomUUID(), '十万字', {note: '长'.repeat(100000)});
    await put(crypto.randomUUID(), '来年', {day: '2099-01-01'});
    await put(taken, '别人的编号', {});
    await put(crypto.randomUUID(), '好的', {});
}"""


@pytest.fixture
def phone(town: Town, keeping: Hold, expected_complaints: list[str]) -> Phone:
    expected_complaints += ["ERR_INTERNET_DISCONNECTED", "409", "422"]
    return keeping(town.worker).ready()


def test_five_thousand_records_are_sent_each_once_and_reading_them_does_not_grow_with_their_number(
    phone: Phone,
) -> None:
    page = phone.page
    phone.signal(False)
    phone.record("张三丰")
    phone.multiply(MANY)
    phone.to_outbox()
    expect(page.get_by_text(f"等着送 {MANY} 条")).to_be_visible()
    expect(page.get_by_text(f"先列 100 条，一共 {MANY} 条。")).to_be_visible()
    expect(page.locator(".item", has_text="张三丰家")).to_have_count(100)

    page.evaluate(SERVER)
    phone.signal(True)
    page.wait_for_function("(many) => told.sent >= many", arg=WATCHED, timeout=90_000)
    told: dict[str, Any] = page.evaluate("({...told, seconds: (performance.now() - told.began) / 1000})")
    expect(page.get_by_text("要您处理 1 条")).to_be_visible()
    expect(phone.item("这一天还没到")).to_be_visible()
    assert told["sent"] == told["numbers"], "each once"
    assert told["drawn"] <= 210, "never more rows than can be read"
    # Twice a second at most (the badge and the page), whatever their number, and a few at beginning and end.
    assert told["reads"] <= 2 * told["seconds"] + 12, told


def test_bad_records_get_each_its_sentence_and_the_good_one_behind_them_arrives(
    phone: Phone, town: Town
) -> None:
    Visit.objects.create(
        uuid=TAKEN,
        household=town.chen,
        visitor=town.neighbour,
        territory=town.chen.territory,
        **dict.fromkeys(("happened_at", "corrected_at", "received_at"), clock.now()),
        day=clock.today(),
        content_hash="other",
    )
    phone.signal(False)
    phone.page.evaluate(BAD, [OUTBOX, town.zhang.pk, TAKEN])
    phone.signal(True)
    phone.to_outbox()
    phone.send_now()
    expect(phone.page.get_by_text("要您处理 3 条")).to_be_visible()
    expect(phone.item("十万字家")).to_contain_text("内容太长，写短一点再存。")
    expect(phone.item("来年家")).to_contain_text("还没到")
    expect(phone.item("别人的编号家")).to_contain_text("编号")
    expect(phone.page.get_by_text("陈小军")).to_have_count(0)
    expect(phone.item("好的家")).to_contain_text(Visit.objects.get(household=town.zhang).receipt)


def test_a_photo_of_ten_billion_pixels_gets_its_sentence_and_the_visit_and_the_next_one_arrive(
    phone: Phone, tmp_path: Any
) -> None:
    # A PNG says its size at its beginning; there need not be much behind it.
    parts = (
        b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0),
        b"IDAT" + zlib.compress(b"\0" * 99),
    )
    chunks = [struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in parts]
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    phone.tap(phone.row("张三丰"))
    phone.tap(phone.page.get_by_text("补记别的日子"))
    phone.page.locator("[name=photo]").set_input_files(tmp_path / "photo.png")
    phone.tap(phone.save())
    phone.record("王大春")
    phone.to_outbox()
    expect(phone.item("张三丰家")).to_contain_text("记录收到了，照片没收：照片的像素太多，拍小一点再传。")
    phone.tap(phone.page.get_by_role("button", name="不要照片了"))
    expect(phone.page.get_by_text("已送达 7 天里 2 条")).to_be_visible()
    assert Visit.objects.count() == 2

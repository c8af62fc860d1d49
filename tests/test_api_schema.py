"""The API describes itself without a warning, and its page says it in Chinese, with no script and no other site."""

import re

from django.core.management import call_command
from django.urls import reverse

from hongji.api_page import book
from tests.factor import client_of
from tests.people import make_town_of_two


def test_the_schema_is_valid_and_made_without_a_warning(db, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").stat().st_size > 5000


def test_the_page_of_the_api_has_every_address_and_every_word_of_it_is_chinese(db):
    client = client_of(make_town_of_two().secretary)
    schema = client.get(reverse("schema"), headers={"accept": "application/json"}).json()
    page = client.get(reverse("api-docs")).content.decode()
    told = {(call.verb.lower(), call.path) for _, calls in book() for call in calls}
    assert told == {(verb, path) for path, verbs in schema["paths"].items() for verb in verbs}
    assert all(f"{path}</code>" in page for _, path in told)
    for title, calls in book():
        assert re.match("[一-鿿]", title)
        for call in calls:
            assert re.match("[一-鿿]", call.says), f"{call.verb} {call.path}: say in the schema what it does"
            for field in (
                *call.parameters,
                *call.body,
                *(each for answer in call.answers for each in answer[2]),
            ):
                assert re.search("[一-鿿]", field.says), f"{call.path}: no word for {field.name} (TITLES)"
    assert "演示数据" not in page
    assert 'curl -H "Authorization: Token' in page.replace("&quot;", '"')


def test_the_page_of_the_api_has_no_script_inside_and_nothing_from_elsewhere(db):
    page = client_of(make_town_of_two().secretary).get(reverse("api-docs")).content.decode()
    assert all(not inside.strip() for inside in re.findall(r"<script[^>]*>(.*?)</script>", page, flags=re.S))
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_part_of_a_list_is_told_under_its_own_name(db):
    calls = {(call.verb, call.path): call for _, group in book() for call in group}
    fields = {field.name: field for field in calls["PUT", "/api/visits/{uuid}/"].body}
    assert fields["household"].must
    assert not fields["note"].must
    assert ("conflict", "矛盾") in fields["findings[].kind"].choices
    assert fields["promise_until"].kind.startswith("日期")
    (status, form, _), *_ = calls["GET", "/api/jobs/{id}/download/"].answers
    assert (status, form) == ("200", "文件")

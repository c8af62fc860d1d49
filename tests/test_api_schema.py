"""The API describes itself without a warning, and its page to try it out breaks no content security policy."""

import re

from django.core.management import call_command
from django.urls import reverse

from tests.factor import client_of
from tests.people import make_town_of_two


def test_the_schema_is_valid_and_made_without_a_warning(db, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").stat().st_size > 5000


def test_the_page_to_try_the_api_has_no_script_inside_and_nothing_from_elsewhere(db):
    client = client_of(make_town_of_two().secretary)
    page = client.get(reverse("api-docs")).content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, flags=re.S)
    assert scripts
    assert all("src=" in attributes and not inside.strip() for attributes, inside in scripts)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)

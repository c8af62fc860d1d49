"""The API told in Chinese: what the OpenAPI schema leaves without words, and the page drawn from it at /api/docs/."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from core.views import DeskPage

# first part of an address under /api/: what it is about, in the order of the page
TAGS = {
    "me": "我",
    "waiting": "无事板",
    "due": "应访清单",
    "pack": "随身名单",
    "visits": "走访",
    "held": "暂存的走访",
    "sealed": "留在手机上的记录",
    "receipts": "回执",
    "findings": "走访发现的情况",
    "matters": "诉求",
    "disputes": "矛盾纠纷",
    "points": "积分项目",
    "awards": "积分申报",
    "devices": "呼叫器",
    "notices": "提醒",
    "households": "户",
    "changes": "户籍变动",
    "ledgers": "台账",
    "imports": "导入",
    "jobs": "做好和在做的台账、导入",
}
# fields and parameters whose own model or serializer has no words for them
TITLES = {
    "after": "上一页的 next",
    "answered_on": "哪天回复的，不填是今天",
    "as_of": "从哪天起算，不填按表上的统计时间",
    "columns": "有哪些列",
    "companions": "同行人员的编号",
    "corrects": "更正的是哪一次走访",
    "day": "走访日期，补记别的日子才写",
    "due_on": "哪天办好",
    "entered_by": "照走访单代录的人；走访人自己记的是空",
    "facts": "这一种变动要写的几样",
    "file": "表（.xlsx）",
    "findings": "发现的情况",
    "grade": "难不难",
    "group": "哪一类",
    "happened_at": "手机上的时间",
    "happened_on": "哪天的事",
    "has_photo": "有没有照片",
    "head_name": "户主",
    "household": "哪一户（户的 id）",
    "id": "编号",
    "importable": "能不能导入",
    "job": "这件活的编号，到 /api/jobs/ 看做到哪了",
    "kind": "哪一种",
    "next": "下一页从这里接着要；空的就是到底了",
    "notes": "怎么数的",
    "number": "户编号",
    "opened_on": "哪天提的，不填是今天",
    "outcome": "办理结果",
    "period": "期间",
    "person": "哪个人（人的 id）",
    "phone": "电话，没有户的写一个好回复",
    "photo": "照片（JPEG 或 PNG）",
    "rating": "满意不满意",
    "reason": "为什么要完整号码",
    "results": "这一页的各条",
    "sent_at": "送出时手机上的时间",
    "settled_on": "哪天办的",
    "skip_bad": "只存没错的行",
    "slug": "哪一种台账，名单在 /api/ledgers/",
    "state": "情况",
    "summary": "一句话说情况",
    "step": "走哪一步，能走的在诉求的 steps 里",
    "step_uuid": "这一步的编号，由客户端定",
    "territory": "村名、镇名或编码",
    "territory_name": "村名",
    "text": "姓名、拼音、户编号、身份证号或电话",
    "title": "名称",
    "to": "交给谁（人的 id）",
    "undone": "撤销了没有",
    "unmasked": "要完整号码",
    "uuid": "编号（UUID），由送的一方定",
    "visitor": "走访人",
    "why": "不同意的原因",
    "words": "说一句",
}
KINDS = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "是否（true、false）",
    "array": "一组",
    "object": "一件",
    "date": "日期（2026-10-01）",
    "date-time": "时刻（2026-10-01T08:30:00+08:00）",
    "uuid": "编号（UUID）",
    "binary": "文件",
    "uri": "网址",
}
_CHOICE = re.compile(r"\* `(.*?)` - (.*)")


def put_words(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: groups and every field and parameter get the words that are read on the page."""
    result["tags"] = [{"name": name, "description": title} for name, title in TAGS.items()]
    for methods in result["paths"].values():
        for operation in methods.values():
            for each in operation.get("parameters", ()):
                each.setdefault("description", TITLES.get(each["name"], ""))
    for schema in result["components"]["schemas"].values():
        for name, each in schema.get("properties", {}).items():
            if name in TITLES and "title" not in each and "description" not in each and "$ref" not in each:
                each["title"] = TITLES[name]
    return result


@dataclass(frozen=True)
class Field:
    """One field of what is sent or answered. `name` of a part of a list reads `findings[].kind`."""

    name: str
    says: str
    kind: str
    must: bool
    choices: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """One verb at one address."""

    verb: str
    path: str
    says: str
    sent_as: str
    parameters: list[Field]
    body: list[Field]
    answers: list[tuple[str, str, list[Field]]]  # status, what comes, its fields


class Book:
    """Reads the schema into groups of calls."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def groups(self) -> list[tuple[str, list[Call]]]:
        found: dict[str, list[Call]] = {each["name"]: [] for each in self.schema["tags"]}
        titles = {each["name"]: each["description"] for each in self.schema["tags"]}
        for path, methods in self.schema["paths"].items():
            for verb, operation in methods.items():
                found.setdefault(operation["tags"][0], []).append(self._call(verb, path, operation))
        return [(titles.get(name, name), calls) for name, calls in found.items() if calls]

    def _call(self, verb: str, path: str, operation: dict[str, Any]) -> Call:
        sent = operation.get("requestBody", {}).get("content", {})
        sent_as = next(iter(sent), "")
        return Call(
            verb=verb.upper(),
            path=path,
            says=operation.get("description", ""),
            sent_as=sent_as,
            parameters=[
                self._field(each["name"], {**each["schema"], "description": each["description"]}, each.get("required"))
                for each in operation.get("parameters", ())
            ],
            body=list(self._fields(sent[sent_as]["schema"])) if sent else [],
            answers=[self._answer(*each) for each in sorted(operation["responses"].items())],
        )  # fmt: skip

    def _answer(self, status: str, answer: dict[str, Any]) -> tuple[str, str, list[Field]]:
        for form, content in answer.get("content", {}).items():
            if form != "application/json":
                return status, "文件", []
            schema = self._open(content["schema"])
            return status, KINDS[schema.get("type", "object")], list(self._fields(schema))
        return status, "没有内容", []

    def _open(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What a schema points at; of several forms the first that has a name."""
        for form in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
            if "$ref" in form:
                return self.schema["components"]["schemas"][form["$ref"].rsplit("/", 1)[1]]
        return schema

    def _fields(self, schema: dict[str, Any], before: str = "") -> Iterator[Field]:
        opened = self._open(schema)
        if opened.get("type") == "array":
            yield from self._fields(opened["items"], f"{before}[]." if before else "")
            return
        for name, each in opened.get("properties", {}).items():
            yield self._field(before + name, each, name in opened.get("required", ()))
            if each.get("type") == "array" and not before:
                yield from self._fields(each, name)

    def _field(self, name: str, schema: dict[str, Any], must: bool | None) -> Field:
        opened = self._open(schema)
        choices = _CHOICE.findall(opened.get("description", "")) or [
            (str(each), "") for each in opened.get("enum", ())
        ]
        own = TITLES.get(name.rsplit(".", 1)[-1], "")
        title, more = schema.get("title", ""), schema.get("description", "")
        if _CHOICE.search(more):
            more = ""
        kind = KINDS.get(opened.get("format", ""), KINDS.get(opened.get("type", ""), "一件"))
        says = f"{title}（{more}）" if title and more else title or more or own
        return Field(name, says, "选一个" if choices else kind, bool(must), choices)


@cache
def book() -> list[tuple[str, list[Call]]]:
    """The groups of the page; the addresses do not change while the process runs."""
    return Book(SchemaGenerator().get_schema(request=None, public=True)).groups()


class ApiPage(DeskPage):
    """What another program may ask here, and how: no script, nothing from elsewhere."""

    template_name = "desk/api.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(groups=book(), root=self.request.build_absolute_uri("/"), **kwargs)

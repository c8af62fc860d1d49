"""Who may go through which door: one line for each route. tests/test_doors.py fails for a route without a line.

A line says, for each method the door answers, the verb it needs ("" is everybody who is signed in, "a|b" either).
What a person may do follows from grids.duties.DUTIES; nothing about persons is written here. More words of a line:

* `row`: what the number in the address names (see `rows_of` in tests/test_doors.py). `see` is the verb by which that
  row exists for somebody; without it, the verb of the method itself.
* `mine`: the row belongs to one person, and to nobody else whatever her reach.
* `author`: whoever made the row reaches it too, without that verb.
* `bare`: who lacks the verb gets an empty answer instead of a refusal (a list of what she may see: nothing).
* `open`: strangers may come in.
* `key`: it opens by a device's key alone; an account or none is the same (401, or 429 after many).
"""

from dataclasses import dataclass, field

NEVER = "00000000-0000-4000-8000-000000000000"  # a number under which nothing was ever stored
CONTENT = "content"  # what is sent decides, before and besides any row; the tests below the walk look at it


@dataclass(frozen=True)
class Door:
    methods: dict[str, str] = field(default_factory=dict)
    row: str = ""
    see: str = ""
    mine: bool = False
    author: bool = False
    bare: bool = False
    open: bool = False
    key: bool = False
    body: dict[str, str] = field(default_factory=dict)  # without it the content would be refused first
    more: dict[str, str] = field(default_factory=dict)  # other parts of the address


def get(verb: str = "", **more: object) -> Door:
    return Door({"GET": verb}, **more)  # type: ignore[arg-type]


def post(verb: str = "", **more: object) -> Door:
    return Door({"POST": verb}, **more)  # type: ignore[arg-type]


def both(verb: str = "", **more: object) -> Door:
    return Door({"GET": verb, "POST": verb}, **more)  # type: ignore[arg-type]


ACTIVITIES = "meetings.hold|points.claim|points.see"  # who has to do with a village's activities

DOORS: dict[str, Door] = {
    # --- everybody ---
    "home": get(),
    "desk": get(),
    "arrived": get(),
    "waiting": get(),
    "worker": get(open=True),
    "manifest": get(open=True),
    "schema": get(),
    "api-docs": get(),
    "api-waiting": get(),
    # --- accounts ---
    "accounts:login": both(open=True),
    "accounts:first_password": both(open=True),
    "accounts:logout": post(open=True),
    "accounts:me": get(),
    "accounts:password": both(),
    "accounts:forget_device": post(row="device", mine=True),
    "accounts:new_token": both(),
    "accounts:stop_token": post(row="token", mine=True),
    "accounts:enrol": both(),
    "accounts:enrol_app": both(),
    "accounts:enrol_picture": get(),
    "accounts:enrol_codes": both(),
    "accounts:second_factor": both(),
    "accounts:notices": get(),
    "accounts:my_notices": get(),
    "accounts:notice": post(row="notice", mine=True),
    "accounts:read_notices": post(),
    "notices-list": get(),
    "notices-read": post(row="notice", mine=True),
    "accounts:no_post": get(),
    "accounts:words": both(),
    # --- grids ---
    "grids:grids": get("posts.manage"),
    "grids:territory": get("posts.manage", row="grid"),
    "grids:appoint": both("posts.manage", row="grid"),
    "grids:describe": post("posts.manage", row="grid"),
    "grids:add": both("grids.redraw", row="village"),
    "grids:rename": both("grids.redraw", row="grid"),
    "grids:close": both("grids.redraw", row="grid"),
    "grids:redraw": both("grids.redraw", row="village"),
    "grids:undo_redrawing": post("grids.redraw", row="redrawing"),
    "grids:map": get("figures.see", row="village"),
    "grids:map_import": post("grids.redraw", row="village"),
    "grids:map_shapes": Door({"GET": "figures.see", "POST": "grids.redraw"}, row="village"),
    "grids:add_group": both("posts.manage", row="village"),
    "grids:rename_group": both("posts.manage", row="group"),
    "grids:close_group": both("posts.manage", row="group"),
    "grids:end_post": post("posts.manage", row="post"),
    "grids:officer": both("posts.manage", row="officer"),
    "grids:issue": post("accounts.issue", row="officer"),
    "grids:register": get("register.propose"),
    "grids:find": both("households.see"),
    "grids:move_in": both("register.propose"),
    "grids:household": get("households.see", row="household"),
    "grids:change": both("register.propose", row="household", more={"kind": "death"}),
    "grids:decide": post("register.propose", row="change", more={"verb": "undo"}),
    "grids:unmask": both("persons.unmask", row="person", see="persons.see"),
    "households-list": get("households.see"),
    "households-find": post("households.see"),
    "households-detail": get("households.see", row="household"),
    "changes-list": get("register.propose"),
    "changes-detail": Door({"PUT": "register.propose"}, row="new_uuid"),
    "changes-accept": post("register.propose", row="change_uuid"),
    "changes-refuse": post("register.propose", row="change_uuid", body={"why": "不对"}),
    "changes-undo": post("register.propose", row="change_uuid"),
    # --- visits ---
    "visits:phone": get(open=True),
    "visits:owed": get("visits.manage"),
    "visits:coverage": get("figures.see"),
    "visits:behind": get("visits.manage"),
    "visits:household": get("households.see", row="household"),
    "visits:held": get("register.accept"),
    "visits:held_photo": get("register.accept", row="held"),
    "visits:decide_held": post("register.accept", row="held", more={"verb": "accept"}),
    "visits:undo": post("visits.see", row="visit", author=True),
    "visits:settle": post("findings.settle", row="finding", see="visits.see"),
    "visits:plans": both("visits.record|visits.manage", body={"village": "0", "period": "2026-11"}),
    "visits:plan": Door({"GET": "visits.record|visits.manage", "POST": CONTENT}, row="plan"),
    "visits:rounds": both("visits.record|visits.manage", body={"place": "0"}),
    "visits:round": get("visits.record|visits.manage", row="sheet"),
    "visits:round_paper": get("visits.record|visits.manage", row="sheet"),
    "visits:round_returned": post("visits.record|visits.manage", row="sheet"),
    "visits:round_line": post(
        "visits.record", row="sheet", see="visits.record|visits.manage", more={"row": "1"}
    ),
    "api-me": get(),
    "api-due": get("households.see"),
    "api-visits": get("visits.see", bare=True),
    "api-visit": Door({"GET": "visits.see", "PUT": CONTENT}, row="visit", author=True),
    "api-visit-undo": post("visits.see", row="visit", author=True),
    "api-visit-photo": Door({"GET": "visits.see", "POST": "visits.see"}, row="visit", author=True),
    "api-pack": get("visits.record"),
    "api-sealed": post(),
    "api-receipts": post(),
    "api-held": get(),
    "api-findings": get("visits.record|visits.see"),
    "api-finding-settle": post("findings.settle", row="finding", see="visits.see", author=True),
    # --- shops ---
    "shops:start": both("shops.serve"),
    "shops:day": get("shops.serve"),
    "shops:shelf": get("shops.serve"),
    "shops:shelf_goods": both("shops.serve", row="goods"),
    "shops:statements": get("shops.serve"),
    "shops:statement_paper": get("shops.manage|shops.serve", row="statement"),
    "shops:sign": post("shops.manage|shops.serve", row="statement"),
    "shops:goods": both("shops.serve", more={"uuid": NEVER}),
    "shops:done": get("shops.serve", row="redemption_uuid"),
    "shops:undo": post("shops.serve", row="redemption_uuid"),
    "shops:receipt": get("shops.serve", row="redemption_uuid"),
    "shops:shops": get("shops.manage"),
    "shops:new_shop": both("shops.manage"),
    "shops:shop": get("shops.manage", row="shop"),
    "shops:describe": post("shops.manage", row="shop"),
    "shops:close": post("shops.manage", row="shop"),
    "shops:add_keeper": post("shops.manage", row="shop"),
    "shops:end_keeper": post("shops.manage", row="keeper"),
    "shops:add_goods": post("shops.manage", row="shop"),
    "shops:desk_goods": both("shops.manage", row="goods"),
    "shops:make_statement": post("shops.manage", row="shop", body={"month": "2026-10"}),
    "shops:pay": post("shops.manage", row="statement"),
    "shops:desk_undo": post("shops.manage", row="redemption"),
    "shops:cards": get("shops.manage"),
    "shops:card": get("shops.manage", row="household"),
    "shops:issue": post("shops.manage", row="household"),
    "shops:write_voucher": post("shops.manage", row="household"),
    "shops:set_pin": post("shops.manage", row="point_card"),
    "shops:revoke": post("shops.manage", row="point_card"),
    "shops:cancel_voucher": post("shops.manage", row="voucher"),
    # --- appeals ---
    "appeals:matters": get("matters.open|matters.work|matters.see"),
    "appeals:new": both("matters.open"),
    "appeals:matter": get("matters.see|matters.handle", row="matter", author=True),
    "appeals:step": post(
        "matters.handle", row="matter", see="matters.see|matters.handle", author=True, more={"code": "note"}
    ),
    "disputes:disputes": get("disputes.see|disputes.keep|disputes.report"),
    "disputes:new": both("disputes.report"),
    "api-dispute-settled": Door({"PUT": "disputes.report"}, row="new_uuid"),
    # --- points: activities ---
    "activities:activities": get(ACTIVITIES),
    "activities:plan": get(ACTIVITIES),
    "activities:new": both("meetings.hold"),
    "activities:activity": get(ACTIVITIES, row="activity"),
    "activities:handbook": get(ACTIVITIES, row="activity"),
    "activities:change": post("meetings.hold", row="activity", see=ACTIVITIES),
    "activities:cancel": post("meetings.hold", row="activity", see=ACTIVITIES),
    "activities:sign_up": post("points.claim", row="activity", see=ACTIVITIES),
    "activities:drop": post("points.claim", row="signup", see=ACTIVITIES),
    "activities:roll": post("points.claim", row="activity", see=ACTIVITIES),
    "activities:come": post("points.claim", row="activity", see=ACTIVITIES),
    "activities:card": post("points.claim", row="activity", see=ACTIVITIES),
    "activities:deeds": post("points.claim", row="activity", see=ACTIVITIES),
    # --- points: the API ---
    "api-points-items": get("points.claim"),
    "api-awards": get("points.claim|points.see"),
    "api-award": Door({"PUT": "points.claim"}, row="new_uuid"),
    "api-award-photo": Door({"GET": CONTENT, "POST": CONTENT}, more={"uuid": NEVER}),
    # --- disputes: screening ---
    "disputes:screening": get("disputes.see|disputes.keep"),
    "disputes:tick": post("disputes.keep"),
    "disputes:add_subject": post("disputes.work", row="village", see="disputes.see"),
    "disputes:look_at": post("disputes.work", row="subject", see="disputes.see"),
    "disputes:dispute": get("disputes.see", row="dispute", author=True),
    "disputes:step": post(
        "disputes.work", row="dispute", see="disputes.see", author=True, more={"code": "note"}
    ),
    "disputes:correct": post(
        "disputes.work",
        row="dispute",
        see="disputes.see",
        author=True,
        body={"kind": "land", "level": "village", "due_on": "2026-12-30"},
    ),
    "disputes:add_party": post(
        "disputes.work", row="dispute", see="disputes.see", author=True, body={"side": "third"}
    ),
    "disputes:remove_party": post("disputes.work", row="party", see="disputes.see", author=True),
    "disputes:draft_panel": post("disputes.work", row="dispute", see="disputes.see", author=True),
    "disputes:panel": get("disputes.see", row="panel"),
    "disputes:invitations": get("disputes.see", row="panel"),
    "disputes:seating": get("disputes.see", row="panel"),
    "disputes:begin_sitting": post("disputes.work", row="panel", see="disputes.see"),
    "disputes:panel_step": post("disputes.work", row="panel", see="disputes.see", more={"code": "settle"}),
    "disputes:sitting": get("disputes.minutes", row="sitting"),
    "disputes:minutes": get("disputes.minutes", row="sitting"),
    "disputes:minutes_paper": get("disputes.minutes", row="sitting"),
    "disputes:word": Door(
        {"PUT": "disputes.minutes"},
        row="sitting",
        more={"uuid": "7d0c7e2a-6f5c-4d0c-9d42-0000000000cc"},
    ),
    "disputes:sitting_step": post("disputes.minutes", row="sitting", more={"code": "came"}),
    "disputes:agreements": get("disputes.work"),
    "disputes:agreement_step": post(
        "disputes.work", row="agreement", see="disputes.see", more={"code": "perform"}
    ),
    "disputes:scan": get("disputes.work", row="scan", see="disputes.see"),
    "disputes:remove_scan": post("disputes.work", row="scan", see="disputes.see"),
    "disputes:papers": get("disputes.work", row="worked", see="disputes.see"),
    "disputes:paper": get("disputes.work", row="worked", see="disputes.see", more={"code": "cover"}),
    "disputes:paper_pdf": get("disputes.work", row="worked", see="disputes.see", more={"code": "cover"}),
    "disputes:draft": post("disputes.work", row="worked", see="disputes.see"),
    "disputes:summon": post("disputes.work", row="worked", see="disputes.see"),
    "disputes:add_scan": post("disputes.work", row="worked", see="disputes.see"),
    "disputes:tell_rights": post("disputes.work", row="worked", see="disputes.see"),
    # --- points, the office's side ---
    "points:schemes": get("points.see"),
    "points:adopt": both("points.rules", row="village"),
    "points:new_item": both("points.rules", row="scheme"),
    "points:item": both("points.rules", row="points_item"),
    "points:remove_item": post("points.rules", row="points_item"),
    "points:awards": get("points.see|points.claim"),
    "points:new": both("points.claim"),
    "points:find": post("points.see|points.claim"),
    "points:check_many": post("points.check"),
    "points:decide_many": post("points.decide"),
    "points:award": get("points.see", row="award", author=True),
    "points:step": post("points.check", row="award", see="points.see", author=True, more={"code": "check"}),
    "points:deciding": post(
        "points.decide", row="award", see="points.see", author=True, more={"code": "decide"}
    ),
    "points:city": get("points.see"),
    "points:city_layout": both("settings.manage", more={"kind": "city-awards"}),
    "points:extracts": both("ledgers.export"),
    "points:extract": get("ledgers.export", row="extract", mine=True),
    "points:extract_book": get("ledgers.export", row="extract", mine=True),
    "points:notices": get("points.see"),
    "points:show": both("points.decide", row="village"),
    "points:notice": get("points.see", row="public_notice"),
    "points:notice_paper": get("points.see", row="public_notice"),
    "points:take_down": post(
        "points.decide", row="public_notice", see="points.see", body={"words": "写错了"}
    ),
    "points:answer": post(
        "points.decide", row="challenge", see="points.see", body={"outcome": "keeps", "words": "看过"}
    ),
    "points:public": both(row="public_notice", open=True),
    "points:card": both(open=True, more={"code": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "appeals:petitions": get("matters.see"),
    "appeals:petition_step": post(
        "petitions.register",
        row="matter",
        see="matters.see|matters.handle",
        author=True,
        more={"code": "register"},
    ),
    "appeals:meetings": get("matters.see|meetings.hold"),
    "appeals:new_meeting": both("meetings.hold"),
    "appeals:meeting": get("matters.see|meetings.hold", row="meeting"),
    "appeals:edit_meeting": both("meetings.hold", row="meeting"),
    "appeals:meeting_paper": get("matters.see|meetings.hold", row="meeting"),
    "api-matters": get(bare=True),
    "api-matter": Door({"GET": "matters.see|matters.handle", "PUT": CONTENT}, row="matter_uuid", author=True),
    "api-matter-step": Door(
        {"PUT": CONTENT},
        row="matter_uuid",
        more={"step_uuid": "1b1b1b1b-0000-4000-8000-000000000001"},
    ),
    "api-matter-step-photo": Door(
        {"GET": CONTENT, "POST": CONTENT},
        row="matter_uuid",
        more={"step_uuid": "00000000-0000-4000-8000-000000000001"},
    ),
    # --- discipline ---
    "discipline:tell": both(open=True),
    "discipline:ask": both(open=True),
    "discipline:reports": get("reports.read"),
    "discipline:enter": both("reports.work"),
    "discipline:report": get("reports.read", row="report"),
    "discipline:step": post("reports.work", row="report", more={"code": "take"}),
    "discipline:figures": get("reports.exist"),
    "appeals:hotline": both("calls.take", body={"words": "x"}),
    "appeals:find_caller": post("calls.take"),
    "appeals:call": get("calls.take", row="call"),
    "appeals:call_step": post("calls.take", row="call", more={"code": "back"}),
    "appeals:talents": both("calls.take", body={"name": "x"}),
    "appeals:end_talent": post("devices.manage", row="talent"),
    "appeals:devices": get("devices.manage"),
    "appeals:survey": both("devices.manage"),
    "appeals:new_device": both("devices.manage"),
    "appeals:device": get("devices.manage", row="button"),
    "appeals:describe_device": post("devices.manage", row="button"),
    "appeals:move_device": post("devices.manage", row="button", more={"code": "report"}),
    "appeals:cards": get("devices.manage"),
    "appeals:print_cards": post("devices.manage", body={"run": "1b1b1b1b-0000-4000-8000-000000000002"}),
    "appeals:card_paper": get("devices.manage", row="printing"),
    "appeals:revoke_card": post("devices.manage", row="card"),
    "appeals:need": both(row="card_code", open=True),
    "api-device-call": post(key=True, open=True),
    # --- ledgers ---
    "ledgers:desk": get("ledgers.see"),
    "ledgers:ledger": get("ledgers.see", more={"slug": "visits"}),
    "ledgers:look": get("ledgers.export", more={"slug": "visits"}),
    "ledgers:generate": post("ledgers.export", more={"slug": "visits"}),
    "ledgers:generate_all": post("ledgers.export"),
    "ledgers:job": get(row="export", mine=True),
    "ledgers:stop": post(row="export", mine=True),
    "ledgers:again": post(row="export", mine=True),
    "ledgers:download": get(row="export", mine=True),
    "ledgers:months": get("ledgers.see"),
    "ledgers:month": get("ledgers.see", row="village", more={"month": "2026-10"}),
    "ledgers:submit_month": post("months.submit", row="village", more={"month": "2026-10"}),
    "ledgers:seal_month": post("months.seal", row="village", more={"month": "2026-10"}),
    "ledgers:reopen_month": post("months.seal", row="village", more={"month": "2026-10"}),
    "ledgers:pack": post("ledgers.export"),
    "ledgers:count": post("ledgers.see"),
    "ledgers:package": get("ledgers.export", row="package"),
    "ledgers:sealed_file": get("ledgers.export", row="sealed_file"),
    "ledgers:imports": both("imports.run"),
    "ledgers:blank": get("imports.run", more={"slug": "persons"}),
    "ledgers:import": get(row="import", mine=True),
    "ledgers:choose": post(row="import", mine=True),
    "ledgers:drop": post(row="import", mine=True),
    "ledgers-list": get("ledgers.see"),
    "ledgers-export": post("ledgers.export", more={"slug": "visits"}),
    "jobs-list": get(),
    "jobs-detail": get(row="export", mine=True),
    "jobs-stop": post(row="export", mine=True),
    "jobs-download": get(row="export", mine=True),
    "imports-list": post("imports.run"),
    "imports-commit": post(row="import", mine=True),
}

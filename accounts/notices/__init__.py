"""提醒: everybody is reminded once of what is theirs; rooms register what there is to be reminded of.

A room calls `register(Kind(…))` in its `AppConfig.ready` and answers the one question of `Kind.ask`: for this month
and this post, who is to be told of how many. When and whom is the town's to say (models.NoticeRule); that nobody is
told twice is a constraint of the database (models.Notice); what leaves the house is a sentence with a month and a
number in it, so no name and no category can (kinds.Kind.say). What cannot wait for a month's end is `News`: told in the
transaction of what happened (writing.tell_at_once).

Models are not imported here: rooms register before they are read.
"""

from accounts.notices.kinds import Call, Kind, News, all_kinds, kind_of, register

__all__ = ["Call", "Kind", "News", "all_kinds", "kind_of", "register"]

"""Case 4: long file lists are whole, and every link in them leads back to the gateway."""

import json
import re

from harness.contents import digests

MANY = {f"shards/part-{number:05}.txt": f"shard {number}\n" for number in range(2500)}


def test_a_snapshot_of_many_files_is_complete(hub, gateway, desk):
    hub.publish("acme/many", MANY)
    found = desk(gateway.url).probe("snapshot", "acme/many", timeout=280).answer()
    assert found["files"] == digests(MANY)
    assert hub.strangers() == []


def test_links_to_the_next_page_stay_at_the_gateway_and_below_its_prefix(hub, gateway):
    commit = hub.publish("acme/many", MANY)
    hub.settings(page_size=300)
    for prefix in ("", "/env/dev"):
        listed, path = [], f"{prefix}/api/models/acme/many/tree/{commit}?recursive=true"
        while path:
            status, headers, body = gateway.get(path)
            assert status == 200
            page = json.loads(body)
            # llama.cpp reads one page only.
            assert len(page) >= 1000 or "Link" not in headers
            listed += [entry["path"] for entry in page if entry["type"] == "file"]
            link = re.fullmatch(r'<(.*)>; rel="next"', headers.get("Link", ""))
            assert link is None or link[1].startswith(f"{gateway.url}{prefix}/api/"), link[1]
            path = link and link[1].removeprefix(gateway.url)
        assert sorted(listed) == sorted(MANY)


def test_a_link_that_leads_elsewhere_is_not_followed(hub, gateway):
    """A hostile list whose next page is at another host: the list is refused, not cut short in silence."""
    hub.publish("acme/many", MANY)
    hub.fault({"next_page": "http://127.0.0.3:9/api/models/acme/many/tree/main?cursor=1"}, repo="acme/many", route="tree")
    status, _, body = gateway.get("/api/models/acme/many")
    assert status >= 500, body

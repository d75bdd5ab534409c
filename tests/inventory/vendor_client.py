"""Behaves like the client that the vendor hands out: OAuth2 with a password, JSON in lists, pages by their links.

Its habits are kept, the odd ones too: every GET has the body `{}`, and what is asked for stands in the query.
"""

import json
import sys

from oauthlib.oauth2 import LegacyApplicationClient
from requests_oauthlib import OAuth2Session

host, certificate, account, key = sys.argv[1:]
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}

session = OAuth2Session(client=LegacyApplicationClient(client_id="vendor"))
session.verify = certificate
# Else a bundle of certificates that the machine names counts for more.
session.trust_env = False
token = session.fetch_token(
    f"{host}/api/o/token/", username=account, password=key, client_id="vendor", client_secret="secret", verify=certificate
)


def request(method, resource, data=None, params=None):
    url = resource if resource.startswith("http") else f"{host}/api/v1/{resource}/"
    answer = session.request(method, url, data=json.dumps(data or {}), params=params, headers=HEADERS)
    if not answer.ok:
        raise SystemExit(f"{method} {url}: {answer.status_code} {answer.text}")
    return answer.json()


def pages(resource, **params):
    page = request("GET", resource, params=params)
    while True:
        yield from page["results"]
        if not page["next"]:
            return
        page = request("GET", page["next"])


def stock(day, products):
    return [
        {"date": f"2016-06-{day:02}", "shop_id": "3", "product_id": str(product), "qty": product, "original_price": 46.67}
        for product in range(products)
    ]


uploads = [
    request("POST", "shops", [{"shop_id": "3", "name": "Крамниця"}]),
    request("POST", "products", [{"product_id": str(product), "name": f"Товар {product}"} for product in range(10_000)]),
    request("POST", "product-inventory", stock(1, 2_000)),
    request("POST", "product-inventory", stock(2, 10_000)),
    request("POST", "product-inventory", stock(2, 2_000)),
]
session.refresh_token(f"{host}/api/o/token/", client_id="vendor", client_secret="secret", verify=certificate)
read = list(pages("product-inventory", page_size=1_000))
found = list(pages("product-inventory", search="ТОВАР 1999", page_size=100))
print(
    json.dumps(
        {
            "token": {name: token[name] for name in ("token_type", "expires_in", "scope")},
            "is_new": session.token["access_token"] != token["access_token"],
            "uploads": uploads,
            "read": len(read),
            "different": len({(row["date"], row["product_id"]) for row in read}),
            "first": read[0],
            "last": read[-1],
            "found": [(row["date"], row["product_id"]) for row in found],
        }
    )
)

"""Verifies messages with the library of Standard Webhooks, as a receiver does. stdin: {"secret", "messages"}."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
verified = []
for message in given["messages"]:
    try:
        verified.append(webhook.verify(message["body"], message["headers"])["type"])
    except WebhookVerificationError as error:
        verified.append(str(error))
print(json.dumps(verified))

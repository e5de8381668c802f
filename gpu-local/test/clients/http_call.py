"""Makes the calls that come in, one JSON a line, with the client of Python that is the argument."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import requests


def with_requests(method, url, headers, body, form):
    reply = requests.request(method, url, headers=headers, data=form or body)
    return reply.status_code, reply.text


def with_urllib(method, url, headers, body, form):
    data = urllib.parse.urlencode(form) if form else body
    request = urllib.request.Request(url, data and data.encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


client = {"requests": with_requests, "urllib": with_urllib}[sys.argv[1]]
for line in sys.stdin:
    call = json.loads(line)
    status, text = client(
        call["method"], call["url"], call["headers"], call.get("body"), call.get("form")
    )
    print(json.dumps({"status": status, "text": text}), flush=True)

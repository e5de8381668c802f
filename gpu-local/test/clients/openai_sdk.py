"""The official OpenAI SDK for Python against a server whose address is the argument."""

import io
import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="any", max_retries=0)
picture = open(sys.argv[2], "rb").read()
small = {"prompt": "A boat", "size": "64x64", "seconds": "1"}


def refused(call, **arguments):
    try:
        call(**arguments)
    except openai.BadRequestError as error:
        return error.code
    raise AssertionError("was not refused")


video = client.videos.create_and_poll(**small)
assert video.status == "completed", video
assert client.videos.retrieve(video.id).size == "64x64"
assert client.videos.download_content(video.id).read()[4:8] == b"ftyp"
for variant in ("thumbnail", "spritesheet"):
    still = client.videos.download_content(video.id, variant=variant)
    assert still.read()[:3] == b"\xff\xd8\xff", variant

begun = client.videos.create_and_poll(
    **small, input_reference=("start.png", io.BytesIO(picture), "image/png")
)
assert begun.status == "completed", begun

remix = client.videos.remix(video.id, prompt="A ship")
assert remix.remixed_from_video_id == video.id
for impossible in (client.videos.edit, client.videos.extend):
    more = {"seconds": "4"} if impossible == client.videos.extend else {}
    given = io.BytesIO(b"a video")
    assert refused(impossible, prompt="x", video=given, **more) == "unsupported_operation"

slow = client.videos.with_raw_response.create(**small, extra_body={"model": "preview-slow"})
assert int(slow.headers["openai-poll-after-ms"]) >= 250
assert client.videos.delete(slow.parse().id).deleted

listed = [each.id for each in client.videos.list(limit=2)]
assert len(listed) == len(set(listed)) == 4, listed
assert client.videos.delete(video.id).deleted
assert client.models.retrieve("preview").id == "preview"
print("all calls of the OpenAI SDK worked")

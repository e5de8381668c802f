"""LiteLLM's calls for videos against a server whose address is the argument."""

import os
import sys
import time

# It would fetch prices from the internet.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

base = {"api_base": sys.argv[1] + "/v1", "api_key": "any", "custom_llm_provider": "openai"}

video = litellm.video_generation(
    model="openai/preview", prompt="A boat", size="64x64", seconds="1", **base
)
while True:
    status = litellm.video_status(video_id=video.id, **base)
    if status.status not in ("queued", "in_progress"):
        break
    time.sleep(0.2)
assert status.status == "completed", status
assert litellm.video_content(video_id=video.id, **base)[4:8] == b"ftyp"
remix = litellm.video_remix(video_id=video.id, prompt="A ship", **base)
assert remix.id != video.id
assert litellm.video_list(**base)
print("all calls of LiteLLM worked")

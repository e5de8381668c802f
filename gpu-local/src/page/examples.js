// One call for each dialect that makes a video and waits for it, ready to be pasted. They need nothing installed but
// curl, Node or Python.

const OPENAI = {
	submit: '/v1/videos',
	body: { model: 'preview', prompt: 'A paper boat drifting down a rainy street', seconds: 2 },
};
const STABLE_DIFFUSION = {
	submit: '/api/v5/text2video',
	body: { prompt: 'A paper boat drifting down a rainy street', seconds: 2 },
};
const NOVITA = {
	submit: '/v3/async/txt2video',
	body: {
		model_name: 'preview',
		width: 512,
		height: 512,
		steps: 20,
		prompts: [{ prompt: 'A paper boat drifting down a rainy street', frames: 16 }],
	},
};

const AIMLAPI = {
	submit: '/v2/video/generations',
	body: {
		model: 'preview',
		prompt: 'A paper boat drifting down a rainy street',
		resolution: '360p',
		duration: 5,
	},
};

/**
 * @param base where this server is reached
 * @param key what stands in place of the key
 * @returns {Array<{ title: string; path: string; calls: Record<'curl' | 'Node' | 'Python', string> }>}
 */
export const examples = (base, key) => [
	{
		title: 'OpenAI Videos',
		path: OPENAI.submit,
		calls: {
			curl: `id=$(curl -sf ${base}${OPENAI.submit} -H 'Authorization: Bearer ${key}' \\
	-H 'Content-Type: application/json' -d '${JSON.stringify(OPENAI.body)}' | ${field('id')})
until curl -sf ${base}/v1/videos/$id -H 'Authorization: Bearer ${key}' | grep -Eq '"status": ?"(completed|failed)"'
do sleep 1; done
curl -sf ${base}/v1/videos/$id/content -H 'Authorization: Bearer ${key}' -o video.mp4
`,
			Node: `${nodeCall(base, key)}const body = ${JSON.stringify(OPENAI.body)};
let video = await (await call('${OPENAI.submit}', body)).json();
while (['queued', 'in_progress'].includes(video.status)) {
	await new Promise((resolve) => setTimeout(resolve, 1000));
	video = await (await call('/v1/videos/' + video.id)).json();
}
const file = await call('/v1/videos/' + video.id + '/content');
await writeFile('video.mp4', Buffer.from(await file.arrayBuffer()));
`,
			Python: `${pythonCall(base, pythonHeaders(key))}
video = json.loads(call("${OPENAI.submit}", ${JSON.stringify(OPENAI.body)}))
while video["status"] in ("queued", "in_progress"):
    time.sleep(1)
    video = json.loads(call("/v1/videos/" + video["id"]))
open("video.mp4", "wb").write(call("/v1/videos/" + video["id"] + "/content"))
`,
		},
	},
	{
		title: 'Stable Diffusion API',
		path: STABLE_DIFFUSION.submit,
		calls: {
			curl: `curl -sf ${base}${STABLE_DIFFUSION.submit} -H 'Content-Type: application/json' \\
	-d '${JSON.stringify({ key, ...STABLE_DIFFUSION.body })}' >reply.json
until grep -q '"status": *"success"' reply.json
do sleep 1; curl -sf ${base}/api/v3/fetch/$(${field('id')} <reply.json) -H 'Content-Type: application/json' \\
	-d '{"key": "${key}"}' >again.json; grep -q success again.json && mv again.json reply.json; done
curl -sf "$(grep -o 'http[^"]*' reply.json | head -1)" -o video.mp4
`,
			Node: `import { writeFile } from 'node:fs/promises';

const call = async (path, body) => {
	const reply = await fetch('${base}' + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ key: '${key}', ...body }),
	});
	return await reply.json();
};
const submitted = await call('${STABLE_DIFFUSION.submit}', ${JSON.stringify(STABLE_DIFFUSION.body)});
let job = submitted;
while (job.status === 'processing') {
	await new Promise((resolve) => setTimeout(resolve, 1000));
	job = await call('/api/v3/fetch/' + submitted.id);
}
if (job.status !== 'success') throw new Error(JSON.stringify(job.message));
const file = await fetch(job.output[0]);
await writeFile('video.mp4', Buffer.from(await file.arrayBuffer()));
`,
			Python: `${pythonCall(base, '{"Content-Type": "application/json"}')}
submitted = job = json.loads(call("${STABLE_DIFFUSION.submit}", ${JSON.stringify({ key, ...STABLE_DIFFUSION.body })}))
while job["status"] == "processing":
    time.sleep(1)
    job = json.loads(call("/api/v3/fetch/" + str(submitted["id"]), {"key": "${key}"}))
urllib.request.urlretrieve(job["output"][0], "video.mp4")
`,
		},
	},
	{
		title: 'Novita',
		path: NOVITA.submit,
		calls: {
			curl: `id=$(curl -sf ${base}${NOVITA.submit} -H 'Authorization: Bearer ${key}' \\
	-H 'Content-Type: application/json' -d '${JSON.stringify(NOVITA.body)}' | ${field('task_id')})
until curl -sf "${base}/v3/async/task-result?task_id=$id" -H 'Authorization: Bearer ${key}' >task.json \\
	&& grep -q 'TASK_STATUS_SUCCEED\\|TASK_STATUS_FAILED' task.json
do sleep 1; done
curl -sf "$(${field('video_url')} <task.json)" -o video.mp4
`,
			Node: `${nodeCall(base, key)}const submitted = await call('${NOVITA.submit}', ${JSON.stringify(NOVITA.body)});
const { task_id } = await submitted.json();
let result;
do {
	await new Promise((resolve) => setTimeout(resolve, 1000));
	result = await (await call('/v3/async/task-result?task_id=' + task_id)).json();
} while (!/SUCCEED|FAILED/.test(result.task.status));
const file = await fetch(result.videos[0].video_url);
await writeFile('video.mp4', Buffer.from(await file.arrayBuffer()));
`,
			Python: `${pythonCall(base, pythonHeaders(key))}
task_id = json.loads(call("${NOVITA.submit}", ${JSON.stringify(NOVITA.body)}))["task_id"]
result = {"task": {"status": ""}}
while result["task"]["status"] not in ("TASK_STATUS_SUCCEED", "TASK_STATUS_FAILED"):
    time.sleep(1)
    result = json.loads(call("/v3/async/task-result?task_id=" + task_id))
urllib.request.urlretrieve(result["videos"][0]["video_url"], "video.mp4")
`,
		},
	},
	{
		title: 'AI/ML API',
		path: AIMLAPI.submit,
		calls: {
			curl: `id=$(curl -sf ${base}${AIMLAPI.submit} -H 'Authorization: Bearer ${key}' \\
	-H 'Content-Type: application/json' -d '${JSON.stringify(AIMLAPI.body)}' | ${field('id')})
until curl -sf "${base}${AIMLAPI.submit}?generation_id=$id" -H 'Authorization: Bearer ${key}' >video.json \\
	&& grep -Eq '"status": ?"(completed|error)"' video.json
do sleep 1; done
curl -sf "$(${field('url')} <video.json)" -o video.mp4
`,
			Node: `${nodeCall(base, key)}const body = ${JSON.stringify(AIMLAPI.body)};
let video = await (await call('${AIMLAPI.submit}', body)).json();
while (['queued', 'generating'].includes(video.status)) {
	await new Promise((resolve) => setTimeout(resolve, 1000));
	video = await (await call('${AIMLAPI.submit}?generation_id=' + video.id)).json();
}
if (video.error) throw new Error(video.error.message);
const file = await fetch(video.video.url);
await writeFile('video.mp4', Buffer.from(await file.arrayBuffer()));
`,
			Python: `${pythonCall(base, pythonHeaders(key))}
video = json.loads(call("${AIMLAPI.submit}", ${JSON.stringify(AIMLAPI.body)}))
while video["status"] in ("queued", "generating"):
    time.sleep(1)
    video = json.loads(call("${AIMLAPI.submit}?generation_id=" + video["id"]))
urllib.request.urlretrieve(video["video"]["url"], "video.mp4")
`,
		},
	},
];

const pythonHeaders = (key) =>
	`{"Authorization": "Bearer ${key}", "Content-Type": "application/json"}`;

const nodeCall = (base, key) => `import { writeFile } from 'node:fs/promises';

const call = async (path, body) => {
	const reply = await fetch('${base}' + path, {
		method: body ? 'POST' : 'GET',
		headers: { authorization: 'Bearer ${key}', 'content-type': 'application/json' },
		body: body && JSON.stringify(body),
	});
	if (!reply.ok) throw new Error(await reply.text());
	return reply;
};
`;

/** A member of a JSON text, by what every system has. */
const field = (name) => `sed -n 's/.*"${name}": *"\\{0,1\\}\\([^",}]*\\).*/\\1/p'`;

const pythonCall = (base, headers) => `import json, time, urllib.request

def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request("${base}" + path, data, ${headers})
    return urllib.request.urlopen(request).read()
`;

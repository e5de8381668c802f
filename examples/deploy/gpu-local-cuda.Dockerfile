# gpu-local with the engine diffusers for NVIDIA cards: about 8 GB, because torch brings its own CUDA. The host needs
# the driver and the NVIDIA Container Toolkit.
FROM node:24-bookworm-slim

RUN apt-get update \
	&& apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
	&& rm -rf /var/lib/apt/lists/*

ARG PACKAGE=text-to-video-gpu-local@latest
RUN npm install --global --omit=dev "$PACKAGE" && npm cache clean --force \
	&& mkdir /data /opt/gpu-local && chown node:node /data /opt/gpu-local

ENV GPU_LOCAL_DATA=/data \
	GPU_LOCAL_HOST=0.0.0.0 \
	GPU_LOCAL_ENGINE=diffusers \
	XDG_CACHE_HOME=/opt/gpu-local \
	NVIDIA_VISIBLE_DEVICES=all \
	NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER node
# The Python environment, now, so that the container starts at once. No card is needed for this.
RUN gpu-local setup --backend pypi
VOLUME /data
EXPOSE 8484
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.GPU_LOCAL_PORT || 8484) + '/healthz').then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["gpu-local"]
CMD ["serve"]

# gpu-local with the preview engine, and as the front of other machines. Small, without Python.
FROM node:24-bookworm-slim

# Any npm name, version or tarball address.
ARG PACKAGE=text-to-video-gpu-local@latest
RUN npm install --global --omit=dev "$PACKAGE" && npm cache clean --force \
	&& mkdir /data && chown node:node /data

ENV GPU_LOCAL_DATA=/data \
	GPU_LOCAL_HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 8484
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.GPU_LOCAL_PORT || 8484) + '/healthz').then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["gpu-local"]
CMD ["serve"]

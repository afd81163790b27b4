"""Calls ProjectJobService/Get without generated code: python_client.py HOST:PORT JOB_ID."""

import json
import sys

import grpc

address, job_id = sys.argv[1:]
encoded = job_id.encode()
request = bytes([0x0A, len(encoded)]) + encoded

with grpc.insecure_channel(address) as channel:
    get = channel.unary_unary("/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get")
    try:
        job, call = get.with_call(request, timeout=10, metadata=[("authorization", "Bearer good")])
        print(json.dumps({"job": job.hex(), "revision": dict(call.initial_metadata())["x-job-revision"]}))
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        details = trailers["grpc-status-details-bin"].hex()
        print(json.dumps({"code": error.code().name, "message": error.details(), "details": details}))

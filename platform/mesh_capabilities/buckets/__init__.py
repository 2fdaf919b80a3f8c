"""Buckets: ports kept in an S3 bucket instead of a folder of this machine."""

from mesh_platform.hooks import Kinds, Storage, hookimpl


@hookimpl
def kinds():
    from mesh_capabilities.buckets.bucket import Bucket, majors_in

    return Kinds(storage={"s3": Storage(Bucket, majors_in)})

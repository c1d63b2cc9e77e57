"""gRPC checks: the standard health service, asked over HTTP/2."""

from probes.grpc.check import GrpcCheck

__all__ = ["GrpcCheck"]

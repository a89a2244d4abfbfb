"""Exported models on many machines, by Ray Serve: replicas of the server of `--mode=serve` behind Ray's own proxy.

    pip install "ray[serve]"
    serve run serving.ray_app:app exports=runs/gan_cls_plus-birds/export replicas=2

Each machine needs this project and the exports, under the same paths. What is asked does not change: the REST API of
TensorFlow Serving and the page, at the address of the proxy.
"""

import pathlib

from ray import serve

from serving.server.rest import IN_FLIGHT, Rest, Rules
from serving.server.served import models_of, version_paths

# Which names the proxy is reached by is for the cluster to say.
RULES = Rules(hosts=())


# What is beyond a replica's share waits in the proxy, as much again; of more Ray answers 503.
@serve.deployment(max_ongoing_requests=IN_FLIGHT * RULES.waiting, max_queued_requests=IN_FLIGHT * RULES.waiting)
@serve.ingress()
class Replica:
    """The models in one process.

    Args:
        exports: the folders of their versions.
    """

    def __init__(self, exports: list[str]):
        self.rest = Rest(models_of([pathlib.Path(folder) for folder in exports]), RULES)

    def __serve_build_asgi_app__(self):
        """What Ray's proxy passes requests to. Starlette itself answers; Ray makes nothing of its own of them."""
        return self.rest.app()


def app(arguments: dict[str, str]) -> serve.Application:
    """For `serve run`.

    Args:
        arguments: `exports`, folders of versions separated by commas; `replicas`, how many processes, by default 1;
            `cpus`, processors that Ray sets aside for each, by default 1.

    Raises:
        ValueError: they are others, or no such folders or numbers.
    """
    if unknown := set(arguments) - {"exports", "replicas", "cpus"}:
        raise ValueError(f"accepted are exports=, replicas= and cpus=. Received: {', '.join(sorted(unknown))}")
    # Replicas may start in another folder.
    folders = [pathlib.Path(part).absolute() for part in arguments.get("exports", "").split(",") if part]
    if not folders or not all(map(version_paths, folders)):
        received = arguments.get("exports", "no exports=")
        raise ValueError(f"exports= must name folders of exported versions, separated by commas. Received: {received}")
    try:
        replicas, cpus = int(arguments.get("replicas", 1)), float(arguments.get("cpus", 1))
    except ValueError as error:
        raise ValueError(f"replicas= and cpus= must be numbers. Received: {error}") from None
    deployment = Replica.options(num_replicas=replicas, ray_actor_options={"num_cpus": cpus})
    return deployment.bind(list(map(str, folders)))

"""Exported models on many machines, by Ray Serve: replicas of the server of `--mode=serve` behind Ray's own proxy.

    pip install "ray[serve]"
    serve run serving.ray_app:app exports=runs/gan_cls_plus-birds/export replicas=2

Each machine needs this project and the exports, under the same paths. What is asked does not change: the REST API of
TensorFlow Serving and the page, at the address of the proxy.
"""

import pathlib

from ray import serve

from serving.server.rest import IN_FLIGHT, Rest, Rules
from serving.server.served import models_of

# Which names the proxy is reached by is for the cluster to say.
RULES = Rules(hosts=())


@serve.deployment(max_ongoing_requests=IN_FLIGHT * RULES.waiting)
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
    """
    options = {"num_cpus": float(arguments.get("cpus", 1))}
    deployment = Replica.options(num_replicas=int(arguments.get("replicas", 1)), ray_actor_options=options)
    # Replicas may start in another folder.
    return deployment.bind([str(pathlib.Path(folder).absolute()) for folder in arguments["exports"].split(",")])

"""The devices that share each batch of a training: one, all of a computer, or those of several ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.device import device
from training.errors import VaeError
from training.workers import Team


class WorkerLostError(VaeError):
    """Another worker does not answer any more."""

    def __init__(self) -> None:
        super().__init__(
            "Another worker has ended, or cannot be reached any more.",
            kept="What was learnt is kept by worker 0.",
            advice="Start the workers again, worker 0 with --resume; without --workers it goes on alone.",
        )


class Cluster:
    """Where a training computes: replicas of its network, each of which gets an equal part of every batch.

    Args:
        strategy: what joins the replicas.
        worker: this one's place among the workers; 0 is the chief, by which all others go.
        workers: how many there are.

    Attributes:
        replicas: devices on all workers together.
    """

    def __init__(self, strategy: tf.distribute.Strategy, worker: int = 0, workers: int = 1) -> None:
        self.strategy = strategy
        self.worker = worker
        self.workers = workers
        self.replicas: int = strategy.num_replicas_in_sync
        self._sum = tf.function(self._summed, autograph=False)

    @classmethod
    def of_one_device(cls) -> Self:
        """The device that TensorFlow takes by itself."""
        return cls(tf.distribute.get_strategy())

    @classmethod
    def of_all_devices(cls) -> Self:
        """All GPUs of this computer; its CPU where there are none."""
        device()  # which has GPUs take memory as they need it, as long as they are not in use
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        if len(devices) == 1:
            return cls.of_one_device()
        return cls(tf.distribute.MirroredStrategy([device.name for device in devices]))

    @classmethod
    def of_team(cls, team: Team) -> Self:
        """The devices of all workers. TensorFlow must not have computed anything in this process before.

        Raises:
            WorkerLostError: they do not reach each other.
        """
        device()  # as above
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec({"worker": team.addresses}),
            task_type="worker",
            task_id=team.index,
            rpc_layer="grpc",
        )
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
        except tf.errors.OpError as error:
            if not _is_loss(error):
                raise
            raise WorkerLostError from error
        return cls(strategy, team.index, len(team.addresses))

    @property
    def is_chief(self) -> bool:
        """Whether the others go by this worker."""
        return self.worker == 0

    def spread(self, pixels: tf.Tensor) -> Any:
        """This worker's part of a batch, [b, …], in equal parts on its devices."""
        devices = self.replicas // self.workers
        if devices == 1:
            return pixels
        parts = tf.split(pixels, devices)
        return self.strategy.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group % devices]
        )

    def chiefs(self, values: Sequence[float]) -> list[float]:
        """The chief's values on all workers, which must all ask at the same point of the training."""
        return self.agree(False, values)[1]

    def agree(self, wish: bool, values: Sequence[float]) -> tuple[bool, list[float]]:
        """Whether any worker has a wish, and the chief's values; see :meth:`chiefs`."""
        if self.workers == 1:
            return wish, list(values)
        total = self._total(np.array([wish, *(values if self.is_chief else np.zeros(len(values)))]))
        return bool(total[0] > 0.0), total[1:].tolist()

    def share(self, variables: Sequence[Any]) -> None:
        """Give the variables of all workers the chief's values."""
        if self.workers == 1:
            return
        values = [np.asarray(variable.numpy()) for variable in variables]
        # float64 holds float32 and the whole numbers of counters and seeds exactly.
        own = np.concatenate([value.ravel().astype(np.float64) for value in values])
        chiefs = self._total(own if self.is_chief else np.zeros_like(own))
        ends = np.cumsum([value.size for value in values])[:-1]
        for variable, value, part in zip(variables, values, np.split(chiefs, ends), strict=True):
            variable.assign(part.reshape(value.shape).astype(value.dtype))

    @contextmanager
    def telling_losses(self) -> Iterator[None]:
        """Turn what TensorFlow says when it cannot reach another worker into a :class:`WorkerLostError`."""
        try:
            yield
        except tf.errors.OpError as error:
            if self.workers == 1 or not _is_loss(error):
                raise
            raise WorkerLostError from error

    def _total(self, own: NDArray[np.float64]) -> NDArray[np.float64]:
        with self.telling_losses():
            total: NDArray[np.float64] = self._sum(tf.constant(own)).numpy()
        return total * (self.workers / self.replicas)  # each of a worker's devices added it

    def _summed(self, values: tf.Tensor) -> tf.Tensor:
        def add() -> tf.Tensor:
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, 1.0 * values)

        return self.strategy.experimental_local_results(self.strategy.run(add))[0]


def _is_loss(error: tf.errors.OpError) -> bool:
    kinds = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)
    return isinstance(error, kinds) or "Collective ops is aborted" in error.message

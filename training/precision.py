"""Computing feature maps in bfloat16, which newer GPUs do at twice the rate of float32 and more."""

from training.backend import keras, layers


def compute_in_bfloat16(network: keras.Model) -> None:
    """Let a network's feature maps [n, h, w, c] be computed in bfloat16; its variables stay float32.

    The time goes into these. Dense layers stay in float32, and so does a network of nothing else: bfloat16
    has 8 significant bits, too few for a place on the plane. The last layer with weights and what follows
    it stay, too: they draw the output.

    (On CPUs, TensorFlow also sums the gradients of biases in bfloat16, which leaves them rough.)
    """
    with_weights = [number for number, layer in enumerate(network.layers) if layer.weights]
    for layer in network.layers[: with_weights[-1]]:
        if len(layer.output.shape) == 4 and not isinstance(layer, layers.InputLayer):
            layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")  # of arithmetic, not of variables

"""What a training minimises: the arms differ in the objective and in nothing else."""

import numpy as np
import pytest

from training.backend import keras, tf
from training.config import MOST_CORRELATED, ModelConfig
from training.errors import VaeError
from training.events import Terms
from training.model import VAE
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES

STEPS = 250


@pytest.fixture(scope="module")
def pixels():
    """Discs of many sizes and places, float32 [64, 32, 32, 1]: there is much to tell in two numbers."""
    random = np.random.default_rng(0)
    up, across = np.mgrid[:32, :32]
    middles, radii = random.uniform(8, 24, (2, 64, 1, 1)), random.uniform(3, 8, (64, 1, 1))
    distances = np.hypot(up - middles[0], across - middles[1])
    return np.clip(radii - distances, 0.0, 1.0).astype(np.float32)[..., None]


def network(objective, seed=0, **settings):
    vae = VAE(ModelConfig(32, 1, objective=objective, **settings), seed)
    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    return vae


def terms_on(vae, pixels):
    """What a step of judging says: loss, reconstruction, KL mean term, KL variance term."""
    vae.reset_metrics()
    logs = vae.test_step(tf.constant(pixels))
    return [float(logs[name]) for name in ("loss", "reconstruction", "kl_mean", "kl_variance")]


@pytest.fixture(scope="module")
def learnt(pixels):
    """learnt(objective): its posterior's μ and σ after some steps, [64, 2] each, and the spread of μ."""
    known = {}

    def learn(objective, **settings):
        key = objective, *settings.items()
        if key not in known:
            vae = network(objective, **settings)
            step = tf.function(vae.train_step, autograph=False)
            for _ in range(STEPS):
                step(tf.constant(pixels))
            posterior = vae.posterior(tf.constant(pixels))
            known[key] = posterior.mean.numpy(), np.exp(0.5 * posterior.log_variance().numpy())
        return known[key]

    return learn


@pytest.mark.parametrize("objective", OBJECTIVE_NAMES)
def test_the_loss_is_what_the_objective_counts(objective, pixels):
    vae = network(objective, beta_mean=3.0, beta_variance=0.5)
    loss, reconstruction, kl_mean, kl_variance = terms_on(vae, pixels)
    parts = OBJECTIVES[objective]
    expected = reconstruction + 3.0 * kl_mean * parts.mean_term + 0.5 * kl_variance * parts.variance_term
    assert loss == pytest.approx(expected, rel=1e-6)
    assert Terms(reconstruction, kl_mean, kl_variance, vae.config.kl_weights).loss == pytest.approx(loss)
    assert kl_mean > 0


def test_only_objectives_with_noise_decode_samples(pixels):
    for objective in OBJECTIVE_NAMES:
        vae = network(objective)
        first, second = (terms_on(vae, pixels)[1] for _ in range(2))
        assert (first != second) == OBJECTIVES[objective].has_noise


def test_all_start_from_the_same_networks_but_for_what_the_encoder_tells_in_the_end():
    ours = {name: value.numpy() for name, value in network("vae").named_weights().items()}
    for objective in OBJECTIVE_NAMES:
        theirs = network(objective).named_weights()
        assert theirs.keys() == ours.keys()
        for name, value in ours.items():
            if "posterior" not in name:
                np.testing.assert_array_equal(theirs[name].numpy(), value)


def test_without_the_variance_term_distributions_shrink(learnt):
    kept = np.median(learnt("vae")[1])
    for objective in ("noise", "mean-term"):
        assert np.median(learnt(objective)[1]) < 0.5 * kept


def test_without_the_mean_term_pictures_lie_further_out(learnt):
    def reach(objective):
        return np.linalg.norm(learnt(objective)[0], axis=1).mean()

    assert reach("variance-term") > 1.5 * reach("vae")
    assert reach("autoencoder") > 1.5 * reach("autoencoder-mean")


def test_weights_pull_each_their_own_way(learnt):
    means, sigmas = learnt("vae")
    drawn_in, _ = learnt("vae", beta_mean=20.0)
    assert np.square(drawn_in).mean() < 0.5 * np.square(means).mean()
    _, widened = learnt("vae", beta_variance=20.0)
    assert np.median(widened) > 1.5 * np.median(sigmas)


def test_a_full_covariance_of_too_many_numbers_is_refused():
    ModelConfig(32, 1, MOST_CORRELATED, objective="full-covariance")
    with pytest.raises(VaeError, match="full covariance of 17 latent numbers") as refused:
        ModelConfig(32, 1, MOST_CORRELATED + 1, objective="full-covariance")
    assert str(MOST_CORRELATED) in refused.value.advice


def test_settings_of_an_older_version_mean_a_vae():
    old = {"size": 32, "channels": 1, "latent_dim": 2, "likelihood": "bernoulli"}
    assert ModelConfig.from_json(old) == ModelConfig(32, 1)
    assert ModelConfig(32, 1).kl_weights == (1.0, 1.0)

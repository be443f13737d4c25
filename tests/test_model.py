import numpy as np
import pytest
from pictures import write_pictures
from PIL import Image

from training.backend import keras, tf
from training.config import ModelConfig
from training.model import STEEPEST, VAE, initial_pixel_variance
from training.objective import bernoulli_nll, gaussian_nll, kl_terms, logistic_nll
from training.setting_help import LIKELIHOODS

SIZES = range(32, 129, 16)


@pytest.fixture(scope="module")
def pixels(tmp_path_factory):
    """Sixteen grey pictures, float32 [16, 32, 32, 1] in [0, 1]."""
    paths = write_pictures(tmp_path_factory.mktemp("pictures"), 16, colour=False)
    return np.stack([np.asarray(Image.open(path)) for path in paths])[..., None].astype(np.float32) / 255


def make_vae(likelihood="bernoulli", learning_rate=1e-3, seed=0, latent_dim=2):
    vae = VAE(ModelConfig(32, 1, latent_dim, likelihood), seed)
    vae.compile(optimizer=keras.optimizers.Adam(learning_rate))
    return vae


def encoded(vae, pixels):
    """μ and ln σ² of pictures."""
    posterior = vae.posterior(pixels)
    return posterior.mean, posterior.log_variance()


def figures(logs):
    """What a step answered, without what is more than one number."""
    return {name: float(value) for name, value in logs.items() if value.shape == ()}


def values(vae):
    return {name: variable.numpy().copy() for name, variable in vae.named_weights().items()}


def flat(tensors):
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def momentum_of(vae):
    """Adam's running mean of the gradients, of all weights."""
    return flat(v.numpy() for v in vae.optimizer.variables if v.path.endswith("momentum"))


def stir(vae, seed=1, scale=0.02):
    """Move all weights a little, so that nothing is at its special starting value."""
    random = np.random.default_rng(seed)
    for weight in vae.trainable_variables:
        weight.assign_add(scale * random.normal(size=weight.shape))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_every_size_encodes_and_decodes_to_its_own_shape(size, channels):
    vae = VAE(ModelConfig(size, channels, latent_dim=3))
    mean, log_variance = encoded(vae, tf.zeros((2, size, size, channels)))
    assert mean.shape == log_variance.shape == (2, 3)
    decoded = vae(tf.zeros((2, size, size, channels)))
    assert decoded.shape == (2, size, size, channels)
    assert 0 <= float(tf.reduce_min(decoded)) <= float(tf.reduce_max(decoded)) <= 1


@pytest.fixture
def _in_double_precision():
    for kind in ("float64", "float32"):
        keras.config.set_floatx(kind)
        keras.config.set_dtype_policy(kind)
        if kind == "float64":
            yield


@pytest.mark.usefixtures("_in_double_precision")
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_gradient_is_the_slope_of_the_loss(likelihood, pixels):
    """Against central differences under the same noise, one weight array at a time, along its gradient."""
    vae = make_vae(likelihood)
    stir(vae)
    noise, batch = vae.noise.state.numpy(), tf.constant(pixels[:6], tf.float64)

    def loss():
        vae.noise.state.assign(noise)
        reconstruction, kl_mean, kl_variance, _, _ = vae.elbo_terms(batch, training=True)
        return tf.reduce_mean(reconstruction + kl_mean + kl_variance)

    with tf.GradientTape() as tape:
        value = loss()
    weights = vae.trainable_variables
    for weight, gradient in zip(weights, tape.gradient(value, weights), strict=True):
        slope = float(tf.norm(gradient))
        assert slope > 0, weight.path
        step, ends = 1e-6 / slope, []
        for change in (step, -2 * step, step):
            weight.assign_add(change * gradient / slope)
            ends.append(float(loss()))
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(slope, rel=1e-4), weight.path


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_steps_lower_the_loss_and_follow_the_variance(likelihood, pixels):
    vae = make_vae(likelihood)
    step = tf.function(vae.train_step, autograph=False)
    first = float(step(tf.constant(pixels))["loss"])
    for _ in range(25):
        vae.reset_metrics()
        last = float(step(tf.constant(pixels))["loss"])
    assert last < first - 50
    if likelihood == "logistic":  # whose best variance has no closed form
        assert float(vae.pixel_variance) < 0.1
        return
    variance = float(np.mean((vae(pixels).numpy() - pixels) ** 2))
    # σ² follows the squared error from 0.1, where it starts, by a twentieth of the way each step.
    assert abs(float(vae.pixel_variance) - variance) < 0.5 * abs(0.1 - variance)


def test_the_variance_does_not_follow_a_perfect_reconstruction_to_zero():
    vae = make_vae("gaussian")
    white = tf.ones((4, 32, 32, 1))
    vae.decoder.get_layer("draw").bias.assign_add(tf.fill(vae.decoder.get_layer("draw").bias.shape, 60.0))
    vae.pixel_variance.assign(1e-7)
    for _ in range(5):
        assert np.isfinite(float(vae.train_step(white)["loss"]))
    assert 1e-7 < float(vae.pixel_variance) < 1 / 255**2


def test_the_variance_does_not_fall_below_the_error_on_held_out_pictures(pixels):
    vae = make_vae("gaussian")
    vae.judge_variance(0.3)  # far above the error on these pictures
    step = tf.function(vae.train_step, autograph=False)
    for _ in range(60):
        step(tf.constant(pixels))
    assert float(vae.pixel_variance) == pytest.approx(0.3, abs=0.2 * 0.95**60 + 1e-6)


def test_the_spread_of_held_out_pictures_is_that_of_a_pixel(pixels):
    vae = make_vae("gaussian")
    vae.encoder.get_layer("posterior").bias.assign([0.0, 0.0, -60.0, -60.0])  # no noise to speak of
    vae.test_step(tf.constant(pixels))
    expected = np.mean((vae(pixels).numpy() - pixels) ** 2)
    assert float(vae.spread_mean.result()) == pytest.approx(float(expected), rel=1e-3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_a_step_that_is_not_finite_is_not_taken_and_is_told(bad, pixels):
    vae = make_vae("gaussian")
    vae.train_step(tf.constant(pixels))
    before, slots = values(vae), [v.numpy().copy() for v in vae.optimizer.variables]
    spoilt = pixels.copy()
    spoilt[0, 0, 0, 0] = bad
    vae.reset_metrics()
    assert np.isnan(float(vae.train_step(tf.constant(spoilt))["loss"]))
    after = values(vae)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(slots, vae.optimizer.variables, strict=True))


@pytest.mark.parametrize(("variance", "is_shortened"), [(0.1, False), (0.05, False), (1e-6, True)])
def test_only_a_gradient_far_longer_than_usual_is_shortened(variance, is_shortened, pixels):
    """A small variance makes it long; what a step made of it is what Adam's momentum shows of it."""
    vae, batch = make_vae("gaussian"), tf.constant(pixels)
    vae.encoder.get_layer("posterior").bias.assign([0.0, 0.0, -60.0, -60.0])  # no noise to speak of
    for _ in range(5):
        vae.train_step(batch)
    usual, momentum = float(vae.usual_norm), momentum_of(vae)
    vae.pixel_variance.assign(variance)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.add_n(vae.elbo_terms(batch, True, tf.zeros((len(pixels), 2)))[:3]))
    gradient = flat(tape.gradient(loss, vae.trainable_variables))
    vae.train_step(batch)
    used = (momentum_of(vae) - 0.9 * momentum) / 0.1
    longest = STEEPEST * usual
    assert (np.linalg.norm(gradient) > longest) == is_shortened
    shortened = gradient * min(1.0, longest / np.linalg.norm(gradient))
    assert np.linalg.norm(used - shortened) < 1e-3 * np.linalg.norm(shortened)
    assert usual * 0.9 < float(vae.usual_norm) < usual * (1 + 0.01 * STEEPEST)


def test_an_encoder_thrown_far_off_finds_back(pixels):
    """Taken as it is, such a ln σ² would make the loss infinite, and no step could be taken any more."""
    vae = make_vae(learning_rate=1e-2)
    vae.encoder.get_layer("posterior").bias.assign([0.0, 0.0, 500.0, 500.0])
    first = vae.train_step(tf.constant(pixels))
    assert np.isfinite(float(first["loss"]))
    for _ in range(60):
        vae.reset_metrics()
        last = vae.train_step(tf.constant(pixels))
    assert float(last["kl_variance"]) < 0.9 * float(first["kl_variance"])


@pytest.mark.parametrize("narrow", [-40.0, -3.0, 1.9])
def test_usual_variances_are_what_the_encoder_says(narrow):
    vae = make_vae()
    vae.encoder.get_layer("posterior").bias.assign([0.0, 0.0, narrow, narrow])
    _, log_variance = encoded(vae, tf.zeros((1, 32, 32, 1)))
    assert log_variance.numpy() == pytest.approx(narrow, abs=1e-5)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_held_out_figures_are_those_worked_out_by_hand_and_change_no_weight(likelihood, pixels):
    vae = make_vae(likelihood)
    stir(vae)
    before, noise_state = values(vae), vae.noise.state.numpy()
    logs = figures(vae.test_step(tf.constant(pixels)))
    assert all(np.array_equal(before[name], value) for name, value in values(vae).items())

    vae.noise.state.assign(noise_state)
    mean, log_variance = encoded(vae, tf.constant(pixels))
    noise = keras.random.normal(mean.shape, seed=vae.noise).numpy()
    logits = vae.decoder(mean + np.exp(0.5 * log_variance) * noise)
    if likelihood == "bernoulli":
        reconstruction = bernoulli_nll(pixels, logits)
    else:
        nll = gaussian_nll if likelihood == "gaussian" else logistic_nll
        reconstruction = nll(pixels, logits, vae.pixel_variance)
    kl_mean, kl_variance = kl_terms(mean, log_variance)
    by_hand = [float(np.mean(term)) for term in (reconstruction, kl_mean, kl_variance)]
    assert [logs["reconstruction"], logs["kl_mean"], logs["kl_variance"]] == pytest.approx(by_hand, rel=1e-5)
    assert logs["loss"] == pytest.approx(sum(by_hand), rel=1e-5)


def test_the_loss_weighs_the_kl_while_the_terms_do_not(pixels):
    vae = make_vae(learning_rate=1e-9)
    stir(vae, scale=0.05)
    vae.kl_weight.assign(0.25)
    logs = figures(vae.train_step(tf.constant(pixels)))
    kl = logs["kl_mean"] + logs["kl_variance"]
    assert kl > 0.01
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 0.25 * kl, rel=1e-5)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    one, same, other = (values(make_vae(seed=seed)) for seed in (4, 4, 5))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    kernels = [name for name in one if name.endswith("kernel") and np.any(one[name])]
    assert len(kernels) > 5
    assert not any(np.array_equal(one[name], other[name]) for name in kernels)
    assert len({one[name].tobytes()[:64] for name in kernels}) == len(kernels)  # no seed is used twice


def test_sigma_starts_below_the_second_eigenvalue_of_the_pictures():
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.normal(size=(32 * 32, 2)))[0]
    strengths = random.normal(size=(300, 2)) * (3.0, 0.8)
    flat = 128 + 255 * (strengths @ axes.T) / 8
    pixels = flat.clip(0, 255).round().astype(np.uint8).reshape(-1, 32, 32, 1)
    covariance = np.cov(pixels.reshape(300, -1).T / 255.0)
    eigenvalues = np.linalg.eigvalsh(covariance)
    found = initial_pixel_variance(pixels)
    assert found <= 0.5 * eigenvalues[-2] * 1.01
    assert found <= np.mean(np.diag(covariance)) * 1.01
    assert found >= min(0.4 * eigenvalues[-2], 0.9 * np.mean(np.diag(covariance)))


@pytest.mark.parametrize("pictures", [1, 2, 9])
def test_sigma_has_a_start_even_where_all_pictures_are_alike(pictures):
    assert initial_pixel_variance(np.full((pictures, 32, 32, 3), 200, np.uint8)) == pytest.approx(1e-4)

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import plain
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import core, simulation
from restmeg.connectome import delays_in_steps
from restmeg.core import layout, network
from restmeg.model import build_network, initial_state, stream

WORKFLOW = Path(core.__file__).parents[2]


def drive(net, state, inputs):
    """Integrate for given inputs, one step a call; return rE and rI after each (2, steps, N)."""
    n_steps, _, n = inputs.shape
    rates = np.empty((2, n_steps, n))
    random = stream(0, "simulated", 0)
    for step in range(n_steps):
        advance(net, state, random, inputs[step : step + 1], rates[0, step : step + 1])
        rates[1, step] = state.inhibition[:n]
    return rates


def advance(net, state, stream, inputs, out):
    arguments = (net.coupling, net.parameters, net.noise, stream)
    network.advance(state, *arguments, inputs, 1, len(inputs), out, net.second_order)


@pytest.mark.parametrize("case", ["example_default", "example_strong_input", "directed_alpha"])
@pytest.mark.parametrize("length", [1, 7, 400])
def test_equals_outside_trajectories(data, model, case, length):
    reference = xr.load_dataset(data / f"{case}.nc")
    model = {
        "coupling": reference.coupling,
        "coupling_strength": reference.coupling_strength,
        "conduction_speed": reference.conduction_speed_mm_per_ms,
        "parameters": {name: reference.attrs[name] for name in model["parameters"]},
        "noise": {"sigma": 0.0, "tau": 1.0, "mean_E": 0.0, "mean_I": 0.0},
    }
    net = build_network(
        reference.weights.values, reference.distances.values, model, reference.dt_ms
    )
    initial = reference.initial_E.values, reference.initial_I.values
    inputs = np.stack([reference.input_E.values, reference.input_I.values], axis=1)
    if length == 1:
        rates = drive(net, initial_state(net, *initial), inputs)
        np.testing.assert_allclose(rates[0], reference.rate_E, rtol=0, atol=1e-12)
        np.testing.assert_allclose(rates[1], reference.rate_I, rtol=0, atol=1e-12)
        return
    state = initial_state(net, *initial)
    rate = np.empty(reference.rate_E.shape)
    random = stream(0, "simulated", 0)
    for first in range(0, len(inputs), length):
        piece = slice(first, first + length)
        advance(net, state, random, inputs[piece], rate[piece])
    np.testing.assert_allclose(rate, reference.rate_E, rtol=0, atol=1e-12)


connectomes = st.tuples(
    st.integers(2, 19),  # regions: below, at and above whole vectors
    st.sampled_from([0.0, 3.0, 9.0, 40.0, 200.0]),  # longest distance: every class of delays
    st.floats(0.1, 1.0),  # density
    st.sampled_from(["diffusive", "additive"]),
    st.integers(0, 2**32),
)


def make(connectome, model):
    """A directed, sparse connectome with one parameter that differs between regions."""
    n, longest, density, coupling, seed = connectome
    rng = np.random.default_rng(seed)
    weights = rng.random((n, n)) * (rng.random((n, n)) < density)
    distances = longest * rng.random((n, n))
    parameters = dict(model["parameters"], wEE=list(rng.uniform(8, 12, n)))
    changes = {"coupling": coupling, "coupling_strength": 0.3, "parameters": parameters}
    return weights, distances, dict(model, **changes), rng


@settings(max_examples=30, deadline=None)
@given(connectome=connectomes)
def test_equals_plain_integration(model, connectome):
    weights, distances, model, rng = make(connectome, model)
    compare_with_plain(weights, distances, model, rng, 70)


def compare_with_plain(weights, distances, model, rng, n_steps):
    n = len(weights)
    inputs = rng.normal(0.5, 0.5, (n_steps, 2, n))
    initial = rng.random(n) / 3, rng.random(n) / 3
    delays = delays_in_steps(distances, 10.0, 0.1)
    expected = plain.integrate(weights, delays, model, 0.1, inputs, *initial)

    net = build_network(weights, distances, model, 0.1)
    state = initial_state(net, *initial)
    rate = np.empty((n_steps, n))
    advance(net, state, stream(0, "simulated", 0), inputs, rate)
    np.testing.assert_allclose(rate, expected[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(state.inhibition[:n], expected[1, -1], rtol=0, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(connectome=connectomes)
def test_steps_longer_than_the_time_constant(model, connectome):
    """Where dt J is beyond +-1, regions side by side with others: few steps, as errors grow."""
    weights, distances, model, rng = make(connectome, model)
    parameters = model["parameters"]
    parameters["tau_E"] = list(rng.choice([1.0, 0.3, 0.05], len(weights)))
    parameters["tau_I"] = list(rng.choice([1.0, 0.3, 0.05], len(weights)))
    compare_with_plain(weights, distances, model, rng, 6)


@settings(max_examples=30, deadline=None)
@given(
    connectome=connectomes,
    lengths=st.lists(st.integers(1, 90), min_size=1, max_size=8),
    tile=st.sampled_from([1, 3, 16, 1000]),
)
def test_bits_do_not_depend_on_pieces_or_tiles(model, connectome, lengths, tile):
    weights, distances, model, _ = make(connectome, model)
    net = build_network(weights, distances, model, 0.1)
    random = stream(5, "target", 3)
    whole = simulation.run(net, initial_state(net), random, sum(lengths))

    strength = model["coupling_strength"]
    delays = delays_in_steps(distances, 10.0, 0.1)
    off_diagonal = strength * (weights - np.diag(np.diag(weights)))
    coupling, row = layout.lay_out_coupling(off_diagonal, delays, tile)
    tiled = net._replace(coupling=coupling, row=row)
    state = initial_state(tiled)
    pieces = [simulation.run(tiled, state, random, length) for length in lengths]
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_bits_do_not_depend_on_threads(model, example):
    """Replicates side by side in threads: the compiled core holds no lock and shares no scratch."""
    net = build_network(*example, model, 0.1)

    def replicate(number):
        random = stream(0, "simulated", number)
        return simulation.run(net, initial_state(net), random, 20_000).tobytes()

    alone = [replicate(number) for number in range(6)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(replicate, range(6))) == alone


def test_past_slides_without_a_seam(model, example):
    """Far more steps than the stored past is long, in one call and in many."""
    net = build_network(*example, model, 0.1)
    n_steps = 5 * net.row
    random = stream(0, "simulated", 0)
    whole = simulation.run(net, initial_state(net), random, n_steps)
    state = initial_state(net)
    pieces = [simulation.run(net, state, random, 1000) for _ in range(n_steps // 1000)]
    assert np.concatenate(pieces).tobytes() == whole[: len(pieces) * 1000].tobytes()


BITS = """
import sys, hashlib, json
import numpy as np
from restmeg import settings, simulation
from restmeg.core import network
from restmeg.model import build_network, initial_state, stream
schema = settings.load_schema(sys.argv[1])
model = settings.load({}, schema)["model"]
rng = np.random.default_rng(0)
weights, distances = rng.random((13, 13)), 100 * rng.random((13, 13))
net = build_network(weights, distances, dict(model, coupling_strength=0.3), 0.1)
state = initial_state(net)
rate = simulation.run(net, state, stream(1, "target", 2), 3001)
arrays = [rate, state.past, state.noise, state.inhibition]
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
assembly = "".join(network._advance.inspect_asm().values())
print(json.dumps({name: assembly.count(name) for name in ("zmm", "ymm", "xmm")}))
"""


def bits(tmp_path, **environment):
    """A digest of simulated bits, and the registers used, in a process compiled as told."""
    result = subprocess.run(
        [sys.executable, "-c", BITS, str(WORKFLOW / "schemas/config.schema.yaml")],
        env=os.environ
        | {"PYTHONPATH": str(WORKFLOW), "NUMBA_CACHE_DIR": str(tmp_path)}
        | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    digest, registers = result.stdout.split("\n")[:2]
    return digest, json.loads(registers)


def test_bits_do_not_depend_on_the_instruction_set(tmp_path):
    """Compiled for processors from 2006 on; those that this machine cannot run are left out."""
    import llvmlite.binding as llvm

    able = llvm.get_host_cpu_features()
    digests = {}
    for name, needs in (("core2", "ssse3"), ("haswell", "avx2"), ("skylake-avx512", "avx512dq")):
        if able.get(needs):
            target = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
            digests[name], registers = bits(tmp_path / name, **target)
            if name == "haswell":
                # The guard of the speed: loops that lost their vectors would not use these.
                assert registers["ymm"] > 500
    digests["host"], _ = bits(tmp_path / "host")
    assert len(set(digests.values())) == 1, digests

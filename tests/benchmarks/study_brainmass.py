"""The bundled study for one pair of seeds as a single script, without a workflow.

What a researcher would write with brainmass, NumPy, xarray and seaborn: the 8-region example, one
simulated and one synthetic target run of 4 s, MEG sensors, functional connectivity, two scores,
data files and five figures. Its wall time, imports and compilation included, is the baseline for
the same study run by the workflow.

Alike: connectome, lead field, model, parameters, step, transient, 37000 samples of 8 regions.
Unlike: one replicate per role, thus no interval, noise ceiling or null; 32-bit floats; no
validation; files neither compressed nor written safely.

    python study_brainmass.py OUTPUT_DIRECTORY
"""

import sys
from pathlib import Path

import brainmass
import brainstate
import braintools
import brainunit as u
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import xarray as xr

N_REGIONS, N_SENSORS = 8, 16
RADIUS_MM = 40.0
DT, DURATION, TRANSIENT = 0.1 * u.ms, 4000.0 * u.ms, 300.0 * u.ms
SPEED = 10.0 * u.mm / u.ms
COUPLING = 1.5
SEEDS = {"simulated": 0, "target": 123}
LABELS = [f"R{i}" for i in range(N_REGIONS)]
PAIRS = np.triu_indices(N_REGIONS, k=1)


def example_connectome() -> tuple[np.ndarray, np.ndarray]:
    """Weights and distances (mm) of regions on a ring."""
    angle = 2 * np.pi * np.arange(N_REGIONS) / N_REGIONS
    centres = RADIUS_MM * np.column_stack([np.cos(angle), np.sin(angle)])
    distances = np.linalg.norm(centres[:, None] - centres[None, :], axis=-1)
    weights = np.random.default_rng(0).random((N_REGIONS, N_REGIONS))
    weights = (weights + weights.T) / 2 / (1 + distances / 40)
    np.fill_diagonal(weights, 0)
    return weights / (1.0001 * weights.max()), distances


def example_leadfield() -> np.ndarray:
    """Gain (region, sensor) in T/(nA m), each sensor's column summing to one."""
    gain = np.abs(np.random.default_rng(1).standard_normal((N_REGIONS, N_SENSORS))) + 0.1
    return gain / gain.sum(axis=0)


def build_network(weights: np.ndarray, distances: np.ndarray) -> brainmass.Network:
    """Delay-coupled Wilson-Cowan regions with noise on both populations."""

    def noise() -> brainmass.OUProcess:
        return brainmass.OUProcess(N_REGIONS, sigma=0.01, tau=20.0 * u.ms)

    return brainmass.Network(
        brainmass.WilsonCowanStep(N_REGIONS, noise_E=noise(), noise_I=noise()),
        conn=weights,
        distance=distances * u.mm,
        speed=SPEED,
        coupling="diffusive",
        coupled_var="rE",
        k=COUPLING,
        delay_init=braintools.init.Constant(0.0),
    )


def simulate(network: brainmass.Network, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (ms) and E rates (time, region) after the transient."""
    brainstate.random.seed(seed)
    result = brainmass.Simulator(network).run(DURATION, transient=TRANSIENT)
    return np.asarray(result["ts"] / u.ms), np.asarray(result["output"])


def project(leadfield: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Sensor field (time, sensor) in T, the rate read as a source in mV."""
    forward = brainmass.LeadFieldModel(
        in_size=(N_REGIONS,),
        out_size=(N_SENSORS,),
        L=leadfield * u.tesla / (u.nA * u.meter),
        sensor_unit=u.tesla,
        scale=1.0 * u.nA * u.meter / u.mV,
    )
    return np.asarray(forward.update(rates * u.mV) / u.tesla)


def pair_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two symmetric matrices over the pairs of regions."""
    return float(np.corrcoef(first[PAIRS], second[PAIRS])[0, 1])


def plot_connectome(weights: np.ndarray, distances: np.ndarray) -> plt.Figure:
    """Draw weights and distances side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    panels = [("weight", weights, "viridis"), ("distance (mm)", distances, "magma")]
    for axis, (title, matrix, colours) in zip(axes, panels, strict=True):
        sns.heatmap(
            matrix, ax=axis, square=True, cmap=colours, xticklabels=LABELS, yticklabels=LABELS
        )
        axis.set(title=title, xlabel="from", ylabel="to")
    return figure


def plot_traces(activity: xr.DataArray, sensors: xr.DataArray) -> plt.Figure:
    """Draw the simulated rates and fields over time."""
    figure, axes = plt.subplots(2, 1, figsize=(9, 6), sharex=True, layout="constrained")
    axes[0].plot(activity.time, activity.sel(role="simulated"), linewidth=0.5, label=LABELS)
    axes[0].set(ylabel="E rate", title="activity")
    axes[0].legend(ncols=N_REGIONS, fontsize="x-small", loc="upper center")
    axes[1].plot(sensors.time, sensors.sel(role="simulated"), linewidth=0.5)
    axes[1].set(ylabel="field (T)", xlabel="time (ms)", title="sensors")
    return figure


def plot_connectivity(fc: xr.DataArray) -> plt.Figure:
    """Draw both functional connectivity matrices on one colour scale."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for axis, role in zip(axes, SEEDS, strict=True):
        sns.heatmap(
            fc.sel(role=role),
            ax=axis,
            square=True,
            cmap="RdBu_r",
            vmin=-1,
            vmax=1,
            xticklabels=LABELS,
            yticklabels=LABELS,
        )
        axis.set(title=role, xlabel="", ylabel="")
    return figure


def plot_structure_function(weights: np.ndarray, fc: np.ndarray, score: float) -> plt.Figure:
    """Draw functional connectivity against structural weight with a regression line."""
    figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
    sns.regplot(x=weights[PAIRS], y=fc[PAIRS], ax=axis)
    axis.set(xlabel="weight", ylabel="functional connectivity", title=f"r = {score:.3f}")
    return figure


def plot_scores(scores: dict[str, float]) -> plt.Figure:
    """Draw the scores as bars."""
    figure, axis = plt.subplots(figsize=(4, 4), layout="constrained")
    sns.barplot(x=list(scores), y=list(scores.values()), ax=axis)
    axis.set(ylabel="Pearson r", ylim=(min(0.0, *scores.values()), 1))
    return figure


def main(output: Path) -> None:
    """Run the study and write its files into a directory."""
    output.mkdir(parents=True, exist_ok=True)
    brainstate.environ.set(dt=DT)
    weights, distances = example_connectome()
    network = build_network(weights, distances)
    leadfield = example_leadfield()

    runs = [simulate(network, seed) for seed in SEEDS.values()]
    times = runs[0][0]
    rates = np.stack([rate for _, rate in runs])
    fields = np.stack([project(leadfield, rate) for rate in rates])
    matrices = np.stack([np.corrcoef(rate, rowvar=False) for rate in rates])

    roles = {"role": list(SEEDS)}
    activity = xr.DataArray(
        rates,
        dims=("role", "time", "region"),
        coords=roles | {"time": ("time", times, {"units": "ms"}), "region": LABELS},
        attrs={"units": "1", "long_name": "E rate"},
    )
    sensors = xr.DataArray(
        fields,
        dims=("role", "time", "sensor"),
        coords=roles | {"time": activity.time},
        attrs={"units": "T", "long_name": "magnetic field"},
    )
    fc = xr.DataArray(
        matrices,
        dims=("role", "region_to", "region_from"),
        coords=roles | {"region_to": LABELS, "region_from": LABELS},
        attrs={"units": "1", "long_name": "Pearson correlation"},
    )
    activity.to_dataset(name="rate_E").to_netcdf(output / "activity.nc")
    sensors.to_dataset(name="field").to_netcdf(output / "sensors.nc")
    fc.to_dataset(name="fc").to_netcdf(output / "connectivity.nc")

    simulated, target = matrices
    scores = {
        "corr(FC, SC)": pair_correlation(simulated, weights),
        "FC match": pair_correlation(simulated, target),
    }
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")

    figures = {
        "connectome": plot_connectome(weights, distances),
        "traces": plot_traces(activity, sensors),
        "connectivity": plot_connectivity(fc),
        "structure_function": plot_structure_function(weights, simulated, scores["corr(FC, SC)"]),
        "scores": plot_scores(scores),
    }
    for name, figure in figures.items():
        figure.savefig(output / f"{name}.png", dpi=150)
        plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

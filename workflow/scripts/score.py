"""Score every point of the sweep against anatomy and target."""

from restmeg import files, scores

with files.reporting(snakemake.log[0]):
    points, paths = snakemake.params.points, snakemake.input.simulated
    batches = len(paths) // len(points)
    scores.score(
        [
            (name, values, paths[k * batches : (k + 1) * batches])
            for k, (name, values) in enumerate(points)
        ],
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.params.seed,
        snakemake.output.scores,
        snakemake.output.replicates,
    )

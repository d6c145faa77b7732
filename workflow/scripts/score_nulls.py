"""Score null networks against anatomy and target, beside the point that they are nulls of."""

from restmeg import job, null_scores

with job.reporting(snakemake.log[0]):
    null_scores.write(
        snakemake.input.nulls,
        snakemake.params.names,
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.input.points or None,
        snakemake.input.scores,
        snakemake.params.point,
        [snakemake.output.scores, snakemake.output.networks, snakemake.output.notes],
        snakemake.params.only,
        snakemake.input.refits,
    )

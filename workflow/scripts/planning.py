"""Say how well parameters would be known of a planned recording."""

from restmeg import job, planning

with job.reporting(snakemake.log[0]):
    planning.expect_file(
        snakemake.input.connectome,
        snakemake.input.inverse or None,
        snakemake.params.model,
        snakemake.params.times,
        snakemake.params.bounds,
        snakemake.params.rate,
        snakemake.params.frequencies,
        snakemake.params.recordings,
        snakemake.output.planning,
    )

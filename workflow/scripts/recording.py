"""Bring the user's recording into the workflow's own layout: segments of one rate and length."""

from restmeg import job, segments

with job.reporting(snakemake.log[0]):
    given = vars(snakemake.params.given)
    segments.write(
        given["path"],
        snakemake.params.labels,
        given,
        segments.Sampling(*snakemake.params.sampling),
        snakemake.params.recording,
        snakemake.input.inverse or None,
        snakemake.output.recording,
    )

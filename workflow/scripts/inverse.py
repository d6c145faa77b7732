"""Make an inverse operator, or bring the user's to the lead field's sensors."""

from restmeg import inverse, job

with job.reporting(snakemake.log[0]):
    inverse.write(
        snakemake.input.leadfield,
        snakemake.params.labels,
        vars(snakemake.params.given),
        snakemake.params.inverse,
        snakemake.params.scale,
        snakemake.params.rates,
        snakemake.input.target,
        snakemake.output.inverse,
    )

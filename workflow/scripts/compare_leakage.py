"""Compare the match before and after the inverse, and that which leakage alone makes."""

from restmeg import job, leakage

with job.reporting(snakemake.log[0]):
    leakage.write_table(
        {
            leakage.BEFORE: snakemake.input.before,
            leakage.AFTER: snakemake.input.after,
            leakage.NULL: snakemake.input.null,
        },
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.params.point,
        snakemake.output.leakage,
    )

"""Make a synthetic lead field, or bring the user's into the workflow's own layout."""

from restmeg import fingerprint, job, leadfield

with job.reporting(snakemake.log[0]):
    given, labels = snakemake.params.given, snakemake.params.labels
    if given.path:
        field = leadfield.read(given.path, labels, given.unit)
    else:
        field = leadfield.synthetic(labels, given.sensors, given.seed, given.gain_sum)
    fingerprint.check_content(given.path, snakemake.params.gain, *field)
    leadfield.write(
        snakemake.output.leadfield, field, given.source, None if given.path else given.seed
    )

"""Make a lead field, or bring the user's into the workflow's own layout."""

from restmeg import fingerprint, job, leadfield

with job.reporting(snakemake.log[0]):
    given = vars(snakemake.params.given)
    field = leadfield.from_settings(given, snakemake.params.labels, snakemake.params.centres)
    fingerprint.check_content(given["path"], snakemake.params.gain, *field.identity())
    seed = given["seed"] if given["source"] == "synthetic" else None
    leadfield.write(snakemake.output.leadfield, field, given["source"], seed)

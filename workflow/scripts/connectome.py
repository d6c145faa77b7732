"""Bring the connectome, bundled or the user's, into the workflow's own layout."""

from restmeg import connectome, fingerprint, job

with job.reporting(snakemake.log[0]):
    given = vars(snakemake.params.given)
    anatomy = connectome.from_settings(given)
    fingerprint.check_content(given["path"], snakemake.params.anatomy, *anatomy.identity())
    connectome.write(snakemake.output.connectome, anatomy, given["source"], connectome.done(given))

from snakemake.utils import min_version

min_version("9.19")


configfile: "config/config.yaml"


include: "workflow/common.smk"
include: "workflow/rules/structure.smk"
include: "workflow/rules/activity.smk"
include: "workflow/rules/leakage.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/nulls.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/summary.smk"
include: "workflow/rules/provenance.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        summary="results/summary.html",
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
        notes="results/scores_notes.csv",
        differences="results/differences.csv",
        grid="results/scores.nc",
        points="results/points.csv",
        provenance="results/provenance.json",
        best=BEST,
        fit=FIT + FITTED,
        activity=of_points("simulated", [SHOWN], "activity"),
        sensors=of_points("simulated", PROJECTED, "sensors"),
        nulls=NULLS,
        leakage=LEAKAGE,
        figures=expand("results/figures/{name}.{form}", name=FIGURES, form=["png", "svg"]),

from snakemake.utils import min_version

min_version("9.19")


configfile: "config/config.yaml"


include: "workflow/common.smk"
include: "workflow/rules/structure.smk"
include: "workflow/rules/activity.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/figures.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
        sensors=per_batch("simulated", [point.name for point in POINTS], "sensors"),
        figures=expand("results/figures/{name}.{form}", name=FIGURES, form=["png", "svg"]),

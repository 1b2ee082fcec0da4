"""Which knowledge bases are asked what, and how, as the editor writes it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from loomwork.nodes.config import NodeConfig, Selector, Text
from loomwork.nodes.model_call import ModelConfig


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


Number = Annotated[float | None, BeforeValidator(_number)]


class RerankingModel(NodeConfig):
    provider: Annotated[Text, Field(alias="reranking_provider_name")] = ""
    model: Annotated[Text, Field(alias="reranking_model_name")] = ""


class VectorSetting(NodeConfig):
    vector_weight: Number = None


class Weights(NodeConfig):
    vector_setting: Annotated[VectorSetting, BeforeValidator(_object)] = Field(default_factory=VectorSetting)


class MultipleRetrieval(NodeConfig):
    """How is searched where all bases are asked."""

    top_k: Number = None
    score_threshold: Number = None
    reranking_enable: bool | None = None
    reranking_mode: Text = ""
    weights: Annotated[Weights, BeforeValidator(_object)] = Field(default_factory=Weights)
    reranking_model: Annotated[RerankingModel, BeforeValidator(_object)] = Field(default_factory=RerankingModel)


class SingleRetrieval(NodeConfig):
    """Which model chooses the one base that is asked."""

    model: Annotated[ModelConfig, BeforeValidator(_object)] = Field(default_factory=ModelConfig)


class FilterCondition(NodeConfig):
    name: Text = ""
    comparison_operator: Text = ""
    value: Any = None


class FilterConditions(NodeConfig):
    logical_operator: Literal["and", "or"] = "and"
    conditions: Annotated[list[FilterCondition], BeforeValidator(_list)] = Field(default_factory=list)


class KnowledgeRetrievalConfig(NodeConfig):
    dataset_ids: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    query_variable_selector: Selector = ()
    retrieval_mode: Text = "multiple"
    multiple_retrieval_config: Annotated[MultipleRetrieval, BeforeValidator(_object)] = Field(
        default_factory=MultipleRetrieval
    )
    single_retrieval_config: Annotated[SingleRetrieval, BeforeValidator(_object)] = Field(
        default_factory=SingleRetrieval
    )
    metadata_filtering_mode: Text = "disabled"
    metadata_model_config: Annotated[ModelConfig, BeforeValidator(_object)] = Field(default_factory=ModelConfig)
    metadata_filtering_conditions: Annotated[FilterConditions, BeforeValidator(_object)] = Field(
        default_factory=FilterConditions
    )

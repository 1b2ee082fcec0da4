"""The node types that this release runs, by the names that app files use."""

from collections.abc import Mapping

from loomwork.engine.ports import NodeType
from loomwork.model_gateway.api import ChatModels
from loomwork.nodes.agent import AgentType
from loomwork.nodes.answer import AnswerType
from loomwork.nodes.assigner import AssignerType
from loomwork.nodes.code import CodeType
from loomwork.nodes.container_start import ContainerStartType
from loomwork.nodes.document_extractor import DocumentExtractorType
from loomwork.nodes.end import EndType
from loomwork.nodes.http_request import HttpRequestType
from loomwork.nodes.human_input import HumanInputType
from loomwork.nodes.if_else import IfElseType
from loomwork.nodes.iteration import IterationType
from loomwork.nodes.knowledge_retrieval import KnowledgeRetrievalType
from loomwork.nodes.list_operator import ListOperatorType
from loomwork.nodes.llm import LlmType
from loomwork.nodes.loop import LoopType
from loomwork.nodes.loop_end import LoopEndType
from loomwork.nodes.parameter_extractor import ParameterExtractorType
from loomwork.nodes.ports import Outside
from loomwork.nodes.question_classifier import QuestionClassifierType
from loomwork.nodes.start import StartType
from loomwork.nodes.sub_workflow import SubWorkflowType
from loomwork.nodes.template_transform import TemplateTransformType
from loomwork.nodes.tool import ToolType
from loomwork.nodes.variable_aggregator import AggregatorType


def node_types(models: ChatModels, outside: Outside) -> Mapping[str, NodeType]:
    """Every type by its name, and by the names that it had before."""
    aggregator = AggregatorType()
    entry = ContainerStartType()
    return {
        "start": StartType(),
        "end": EndType(),
        "answer": AnswerType(),
        "llm": LlmType(models, outside.templates, outside.files),
        "question-classifier": QuestionClassifierType(models, outside.files),
        "parameter-extractor": ParameterExtractorType(models, outside.files),
        "http-request": HttpRequestType(outside.egress, outside.files),
        "code": CodeType(outside.sandbox, outside.code),
        "human-input": HumanInputType(),
        "sub-workflow": SubWorkflowType(outside.subflows),
        "tool": ToolType(outside.tools, outside.known_tools, outside.files, outside.subflows),
        "agent": AgentType(models, outside.tools, outside.known_tools, outside.files),
        "if-else": IfElseType(),
        "document-extractor": DocumentExtractorType(outside.files, outside.documents),
        "knowledge-retrieval": KnowledgeRetrievalType(outside.knowledge, models),
        "list-operator": ListOperatorType(),
        "template-transform": TemplateTransformType(outside.templates),
        "variable-aggregator": aggregator,
        "variable-assigner": aggregator,
        "assigner": AssignerType(),
        "iteration": IterationType(),
        "iteration-start": entry,
        "loop": LoopType(),
        "loop-start": entry,
        "loop-end": LoopEndType(),
    }
